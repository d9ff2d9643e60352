"""Which driver speaks for a URL: the one table of schemes, and the sentences for what does not fit.

    readers   serial:PORT?format=rdm6300|id12|gwiot|line   simulated:PATH
    outputs   lcus:PORT?channel=1                          simulated:PATH
    inputs    simulated:PATH

A PORT is `///dev/ttyUSB0` (or any absolute path: a pty, a link under /dev/serial/by-id) or any URL that pyserial
takes (`socket://host:4001`, `rfc2217://host:4001`). Each driver's header has its options; `hardware.url` has the
rules of spelling. A driver is imported when its scheme is first named, so that a door without GPIO needs no GPIO
library. A later driver is one file with a `READER`, `OUTPUT` or `INPUT`, and one line here.

Nothing is ever chosen silently: an unknown scheme or option is refused. A device that is merely absent is not an
error: it is `Lost` and comes back by itself (`kiosk.ports`).
"""

import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeAlias

from msgspec import Struct

from hardware.url import Url
from kiosk.ports import Device, Output
from kiosk.rules.messages import Input

Clock: TypeAlias = Callable[[], float]

_READERS = {"serial": "hardware.serial_reader", "simulated": "hardware.simulated_socket"}
_OUTPUTS = {"lcus": "hardware.lcus", "simulated": "hardware.simulated_socket"}
_INPUTS = {"simulated": "hardware.simulated_socket"}


class Driver(Struct, frozen=True):
    """What a driver's file offers for one kind of device.

    `settings` reads a URL and notes in it what is wrong, without touching the device; `open` gets what `settings`
    gave (an input's gets its name first) and the clock, and raises nothing for what the world does.
    """

    settings: Callable[[Url], Any]
    open: Callable[..., Any]


class DriverError(Exception):
    """One sentence: the URL, what is wrong with it, and the remedy."""


def check_reader(url: str) -> list[str]:
    """Everything wrong with a reader's URL, a sentence each; nothing is opened."""
    return _read(url, _READERS, "READER")[0].problems


def check_output(url: str) -> list[str]:
    """Everything wrong with a lock's or siren's URL, a sentence each; nothing is opened."""
    return _read(url, _OUTPUTS, "OUTPUT")[0].problems


def check_input(url: str) -> list[str]:
    """Everything wrong with an input's URL, a sentence each; nothing is opened."""
    return _read(url, _INPUTS, "INPUT")[0].problems


def open_reader(url: str, clock: Clock = time.monotonic) -> Device:
    """Raises DriverError."""
    driver, settings = _fit(url, _READERS, "READER")
    reader: Device = driver.open(settings, clock)
    return reader


def open_output(url: str, clock: Clock = time.monotonic) -> Output:
    """Opening never touches the level. Raises DriverError."""
    driver, settings = _fit(url, _OUTPUTS, "OUTPUT")
    output: Output = driver.open(settings, clock)
    return output


def open_input(name: Input, url: str, clock: Clock = time.monotonic) -> Device:
    """Raises DriverError."""
    driver, settings = _fit(url, _INPUTS, "INPUT")
    device: Device = driver.open(name, settings, clock)
    return device


def _fit(url: str, schemes: Mapping[str, str], kind: str) -> tuple[Driver, Any]:
    read, driver, settings = _read(url, schemes, kind)
    if driver is None or read.problems:
        raise DriverError(f'"{url}": {" ".join(read.problems)}')
    return driver, settings


def _read(url: str, schemes: Mapping[str, str], kind: str) -> tuple[Url, Driver | None, Any]:
    read = Url(url)
    if read.problems and not read.scheme:
        return read, None, None
    if read.scheme not in schemes:
        known = ", ".join(f"{scheme}:" for scheme in sorted(schemes))
        read.problems.insert(0, f'No {kind.lower()} driver is called "{read.scheme}:"; there are {known}.')
        return read, None, None
    driver: Driver = getattr(import_module(schemes[read.scheme]), kind)
    settings = driver.settings(read)
    read.finish()
    return read, driver, settings
