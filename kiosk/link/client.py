"""A neighbour's end of `door.sock`, for whoever may wait: the command line, the demo's page, tests.

One thread asks and waits. (The screen, which may not wait, reads the same frames in its own event loop.)
What the door says by itself between two answers is kept in `told`, the oldest going first at TOLD.
"""

import contextlib
import select
import socket
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from kiosk.link import wire
from kiosk.link.listening import LinkError
from kiosk.link.wire import AskScreen, Done, FromDoor, Hello, PhotoWanted, Refused, Role, Shown, ToDoor, Welcome
from kiosk.rules.view import Screen

TOLD: Final = 100


class Client:
    def __init__(self, path: Path, role: Role, timeout_s: float = 5.0) -> None:
        """Connect and be welcomed. Raises LinkError: nobody is there, or this user may not take the role."""
        self.told: deque[Shown | PhotoWanted] = deque(maxlen=TOLD)
        self._path = path
        self._frames = wire.Frames()
        self._heard: deque[FromDoor] = deque()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._socket.settimeout(timeout_s)
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self.welcome = self._connect(role)
            undo.pop_all()

    def ask(self, message: ToDoor) -> Done | Refused:
        """Say it and wait for the answer. Raises LinkError when none comes: the door may have heard all the same."""
        self._say(message)
        while True:
            answer = self.next()
            if isinstance(answer, Done | Refused):
                return answer
            if not isinstance(answer, Welcome):
                self.told.append(answer)

    def screen(self) -> Screen:
        """What the door shows now, not what it showed when it last said something by itself. Raises LinkError."""
        self._hear_what_came()
        self._say(AskScreen())
        while not isinstance(message := self.next(), Shown):
            if isinstance(message, Refused):
                raise self._silent(message.why)
        return message.screen

    def next(self) -> FromDoor:
        """What the door says next. Raises LinkError when nothing comes in time, or never will."""
        while not self._heard:
            self._receive()
        return self._heard.popleft()

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self) -> None:
        try:
            data = self._socket.recv(wire.LIMIT)
            self._heard += [wire.from_door(payload) for payload in self._frames.feed(data)]
        except (OSError, wire.WireError) as error:
            raise self._silent(str(error)) from error
        if not data:
            raise self._silent("the connection was closed")

    def _hear_what_came(self) -> None:
        """Without waiting. A refusal, and the end of the connection, are left for `next` to tell."""
        with contextlib.suppress(LinkError):
            while select.select([self._socket], [], [], 0)[0]:
                self._receive()
        self.told.extend(one for one in self._heard if isinstance(one, Shown | PhotoWanted))
        self._heard = deque(one for one in self._heard if not isinstance(one, Shown | PhotoWanted))

    def _connect(self, role: Role) -> Welcome:
        try:
            self._socket.connect(str(self._path))
        except OSError as error:
            raise LinkError(f"No door answers at {self._path}: {error.strerror}; start its process first.") from error
        self._say(Hello(version=wire.VERSION, role=role))
        answer = self.next()
        if isinstance(answer, Refused):
            raise LinkError(answer.why)
        if not isinstance(answer, Welcome):
            raise self._silent("it did not say Welcome first")
        return answer

    def _say(self, message: ToDoor) -> None:
        # A door that closed the connection has said why before: `next` reads it.
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._socket.sendall(wire.frame(message))
        except OSError as error:
            raise self._silent(str(error)) from error

    def _silent(self, why: str) -> LinkError:
        return LinkError(f"The door at {self._path} gave no answer: {why}.")
