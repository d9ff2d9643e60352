"""Waiting on many descriptors in one thread, with the times at which somebody wants to be woken.

A watched thing names its descriptor and its due time anew after every call, as the devices of `kiosk.ports` do; a
descriptor that was closed and given out again under the same number is told by `renew`.
"""

import contextlib
import select
import time
from collections.abc import Callable
from typing import Protocol


class Watched(Protocol):
    def fileno(self) -> int | None: ...
    def due(self) -> float | None: ...


class Watch:
    """One watched thing; `ready` is called when it is readable or its time has come."""

    def __init__(self, epoll: select.epoll, thing: Watched, ready: Callable[[], None]) -> None:
        self._epoll, self.thing, self.ready = epoll, thing, ready
        self.descriptor: int | None = None

    def forget(self) -> None:
        if self.descriptor is not None:
            with contextlib.suppress(OSError, ValueError):
                self._epoll.unregister(self.descriptor)
            self.descriptor = None


class Poll:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._epoll = select.epoll()
        self._watches: list[Watch] = []
        self._by_descriptor: dict[int, Watch] = {}

    def watch(self, thing: Watched, ready: Callable[[], None]) -> Watch:
        """Of two that are ready at once, the one watched first is called first."""
        watch = Watch(self._epoll, thing, ready)
        self._watches.append(watch)
        self.renew(watch)
        return watch

    def renew(self, watch: Watch, *, closed: bool = False) -> None:
        """Follow the thing's descriptor. `closed`: the one it had is gone, whatever the new one's number is."""
        descriptor = watch.thing.fileno()
        if descriptor == watch.descriptor and not closed:
            return
        if watch.descriptor is not None:
            self._by_descriptor.pop(watch.descriptor, None)
        watch.forget()
        if descriptor is not None:
            self._epoll.register(descriptor, select.EPOLLIN)
            self._by_descriptor[descriptor] = watch
            watch.descriptor = descriptor

    def wait(self, until: float | None) -> None:
        """Sleep until something is readable or due, at most until monotonic second `until`; then call who is ready."""
        times = [due for watch in self._watches if (due := watch.thing.due()) is not None]
        if until is not None:
            times.append(until)
        seconds = max(0.0, min(times) - self._clock()) if times else None
        ready = {self._by_descriptor.get(descriptor) for descriptor, _ in self._epoll.poll(seconds)}
        if len(ready) == 1:
            if (only := ready.pop()) is not None:
                self._call(only)
        else:
            for watch in self._watches:
                if watch in ready:
                    self._call(watch)
        if times and min(times) <= (now := self._clock()):
            for watch in self._watches:
                due = watch.thing.due()
                if due is not None and due <= now:
                    self._call(watch)

    def _call(self, watch: Watch) -> None:
        watch.ready()
        self.renew(watch)

    def close(self) -> None:
        self._epoll.close()


class Readable:
    """A descriptor that stays the same and asks for no time, as a watched thing."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    @staticmethod
    def due() -> None:
        return None
