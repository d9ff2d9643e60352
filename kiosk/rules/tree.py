"""The Merkle tree over the records: RFC 6962 section 2, RFC 9162 section 2.1.

A leaf is SHA-256(0x00 || record), a node SHA-256(0x01 || left || right). `node(level, index)` is the root over the
2^level records from index * 2^level on, once all of them exist; it never changes after. The last of them completes
it, so a record is stored together with its leaf hash and every node above it that it completes, lowest first
(`completed`): an append touches one place, and roots and proofs read O(log n) of them.

The left edge of what is complete, one node for each bit of the size, largest first, is called the peaks: it is all
that appending needs to know of the past.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

from msgspec import Struct

HASH_BYTES = 32
EMPTY = sha256(b"").digest()

Node: TypeAlias = Callable[[int, int], bytes]
"""(level, index) -> the complete node's hash; only ever asked for nodes that are complete."""


class Peaks(Struct, frozen=True):
    """The complete nodes that cover `size` records, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()


def leaf_hash(record: bytes) -> bytes:
    return sha256(b"\x00" + record).digest()


def leaf_hashes(records: Iterable[bytes]) -> list[bytes]:
    """`leaf_hash` of each; a call less for each of a million."""
    return [sha256(b"\x00" + record).digest() for record in records]


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def completed(seq: int) -> int:
    """How many hashes stand beside record `seq`: its leaf and the nodes above that it completes."""
    return ((seq + 1) & -(seq + 1)).bit_length()


def extend(peaks: Peaks, leaf: bytes) -> tuple[Peaks, bytes]:
    """The peaks with one leaf more, and the `completed` hashes to store beside it, joined."""
    peaks, (stored,) = extend_all(peaks, (leaf,))
    return peaks, stored


def extend_all(peaks: Peaks, leaves: Sequence[bytes]) -> tuple[Peaks, list[bytes]]:
    """`extend` for many leaves, in order."""
    size, hashes, stored = peaks.size, list(peaks.hashes), []
    for leaf in leaves:
        size += 1
        if size & 1:  # half of all leaves complete nothing
            hashes.append(leaf)
            stored.append(leaf)
            continue
        whole = beside = leaf
        place = size
        while not place & 1:
            whole = sha256(b"\x01" + hashes.pop() + whole).digest()
            beside += whole
            place >>= 1
        hashes.append(whole)
        stored.append(beside)
    return Peaks(size, tuple(hashes)), stored


def peaks_at(size: int, node: Node) -> Peaks:
    hashes, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            hashes.append(node(level, start >> level))
            start += 1 << level
    return Peaks(size, tuple(hashes))


def root_of(peaks: Peaks) -> bytes:
    if not peaks.hashes:
        return EMPTY
    *left, whole = peaks.hashes
    for peak in reversed(left):
        whole = node_hash(peak, whole)
    return whole


def root(size: int, node: Node) -> bytes:
    """The tree's root over the first `size` records."""
    return root_of(peaks_at(size, node))


def inclusion(seq: int, size: int, node: Node) -> list[bytes]:
    """The proof that record `seq` stands in the tree of `size` records (RFC 9162, 2.1.3.1). O(log size) nodes."""
    if not 0 <= seq < size:
        raise ValueError(f"The tree of {size} records holds no record {seq}.")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if seq < middle:
            proof.append(_span(middle, end, node))
            end = middle
        else:
            proof.append(_span(start, middle, node))
            start = middle
    return proof[::-1]


def consistency(old: int, new: int, node: Node) -> list[bytes]:
    """The proof that the tree of `new` records extends that of `old` (RFC 9162, 2.1.4.1). O(log new) nodes."""
    if not 0 < old <= new:
        raise ValueError(f"There is no consistency proof from {old} to {new} records.")
    proof: list[bytes] = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_span(middle, end, node))
            end = middle
        else:
            proof.append(_span(start, middle, node))
            start = middle
    if start:  # what remains is the old tree's last peak, not the old tree itself: it must be told
        proof.append(_span(start, end, node))
    return proof[::-1]


def includes(seq: int, size: int, leaf: bytes, proof: Sequence[bytes], expected: bytes) -> bool:
    """Does `proof` show `leaf` as record `seq` under the root `expected` of `size` records? (RFC 9162, 2.1.3.2)"""
    if not 0 <= seq < size:
        return False
    index, last, climbed = seq, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            climbed = node_hash(sibling, climbed)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            climbed = node_hash(climbed, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and climbed == expected


def extends(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Does `proof` show that the tree of `new` records begins with that of `old`? (RFC 9162, 2.1.4.2)

    Every tree extends the empty one, and itself; both take the empty proof.
    """
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not proof and (old_root == EMPTY if old == 0 else old_root == new_root)
    hashes = list(proof) if old & (old - 1) else [old_root, *proof]
    if not hashes:
        return False
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    was = now = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def _split(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << (width - 1).bit_length() - 1


def _span(start: int, end: int, node: Node) -> bytes:
    """The root over records [start, end), where start is a multiple of the power of two above end - start."""
    hashes = []
    while end - start > 1 and (end - start) & (end - start - 1):
        middle = start + _split(end - start)
        hashes.append(_span(start, middle, node))
        start = middle
    level = (end - start).bit_length() - 1
    whole = node(level, start >> level)
    for left in reversed(hashes):
        whole = node_hash(left, whole)
    return whole
