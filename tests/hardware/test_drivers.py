import subprocess
import sys

import pytest

from hardware import drivers


def test_a_good_reader_has_no_problems() -> None:
    assert drivers.check_reader("serial:///dev/ttyUSB0?format=rdm6300&baud=9600") == []


@pytest.mark.parametrize(
    "port",
    ["///dev/ttyUSB0", "/dev/serial/by-id/usb-1a86-if00", "socket://127.0.0.1:4001", "rfc2217://[::1]:4001", "loop://"],
)
def test_every_port_of_pyserial_is_taken(port: str) -> None:
    assert drivers.check_reader(f"serial:{port}?format=id12") == []


def test_a_good_output_has_no_problems() -> None:
    assert drivers.check_output("lcus:///dev/ttyUSB1?channel=1") == []


def test_a_good_input_has_no_problems() -> None:
    assert drivers.check_input("simulated:/run/d/door_position.sock?settle_ms=50&first=unknown") == []


def test_an_unknown_scheme_is_named_with_those_there_are() -> None:
    assert drivers.check_reader("seriall:///dev/ttyUSB0") == [
        'No reader driver is called "seriall:"; there are serial:, simulated:.'
    ]


def test_a_missing_format_is_never_guessed() -> None:
    assert drivers.check_reader("serial:///dev/ttyUSB0") == [
        "format is missing; add format=… (one of gwiot, id12, line, rdm6300): it is never guessed."
    ]


def test_a_line_reader_must_say_what_its_lines_are() -> None:
    assert drivers.check_reader("serial:///dev/ttyUSB0?format=line") == [
        "number is missing; add number=… (one of decimal, hex, text): it is never guessed."
    ]


def test_an_option_of_another_format_is_refused() -> None:
    assert drivers.check_reader("serial:///dev/ttyUSB0?format=id12&number=hex") == [
        'The option "number" is not known; known here: again_ms, baud, format.'
    ]


@pytest.mark.parametrize(
    ("port", "problem"),
    [
        ("ttyUSB0", '"ttyUSB0" is no serial port; write an absolute path, as in serial:///dev/ttyUSB0.'),
        ("telnet://h:1", 'pyserial knows no "telnet://"; use a path, socket:// or rfc2217://.'),
        ("socket://h", '"socket://h" names no host and port; write socket://host:4001.'),
        ("socket://h:70000", '"socket://h:70000" names no host and port; write socket://host:4001.'),
        ("rfc2217://h:x", '"rfc2217://h:x" names no host and port; write rfc2217://host:4001.'),
    ],
)
def test_a_port_that_cannot_be_is_refused(port: str, problem: str) -> None:
    assert drivers.check_reader(f"serial:{port}?format=id12") == [problem]


def test_a_relay_without_a_channel_is_refused() -> None:
    assert drivers.check_output("lcus:///dev/ttyUSB1") == [
        "channel is missing; add channel=… (a whole number from 1 to 8): it is never guessed."
    ]


def test_a_relative_socket_is_refused() -> None:
    assert drivers.check_input("simulated:x.sock") == [
        '"x.sock" is no socket; write an absolute path, as in simulated:/run/doorward/x.sock.'
    ]


def test_a_socket_path_that_the_kernel_cannot_hold_is_refused() -> None:
    assert drivers.check_input("simulated:/" + "x" * 107) == [
        "A socket's path has at most 107 bytes; choose a shorter folder."
    ]


def test_opening_what_is_wrong_says_all_of_it_in_one_error() -> None:
    with pytest.raises(drivers.DriverError) as raised:
        drivers.open_output("lcus:ttyUSB1?channel=0")
    assert str(raised.value) == (
        '"lcus:ttyUSB1?channel=0": "ttyUSB1" is no serial port; write an absolute path, as in lcus:///dev/ttyUSB0. '
        'channel="0" must be a whole number from 1 to 8.'
    )


def test_checking_imports_no_driver_that_was_not_named() -> None:
    asks = (
        "import sys; from hardware.drivers import *; check_input('simulated:/x.sock'); print('serial' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", asks], capture_output=True, check=True).stdout == b"False\n"
