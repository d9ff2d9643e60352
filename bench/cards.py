"""Cards by number: the n-th card of a list of any length, and its frame on the wire.

The n-th card is the same in every list, every numbered card is another one (a multiplication by an odd number modulo
2^40 repeats nothing), and neighbours in the list are strangers in the number space, as real cards are.
"""

BITS = 40
UNKNOWN = 1_000_000_000  # cards from here on stand in no list


def number(index: int) -> int:
    return (index * 0x9E3779B97F + 0x7F4A7C15B) % (1 << BITS)


def serial(index: int) -> bytes:
    """The card's five bytes, as an EM4100 reader hears them."""
    return number(index).to_bytes(BITS // 8, "big")


def frame(index: int) -> bytes:
    """The 14 bytes that an RDM6300 sends: 02, ten hex digits, two of their XOR, 03."""
    body = serial(index)
    check = 0
    for byte in body:
        check ^= byte
    return b"\x02" + (body + bytes([check])).hex().upper().encode() + b"\x03"
