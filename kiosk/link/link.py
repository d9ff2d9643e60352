"""The door's end of `door.sock`: who is there, what they say, and that nobody there can hold the door up.

One thread, no waiting. Everything hangs on one epoll descriptor, so that the loop sees a single `fileno`; `take` does
what is ready and returns what was said. It never raises for what a neighbour does: one that misbehaves is told why,
closed, and counted in `closed`; the others notice nothing.

Who is there is the kernel's word (SO_PEERCRED), never theirs. A user may take the roles that the opener named for it,
a role may say what `wire.MAY_SAY` lists, and everything is bounded:

    a frame       wire.LIMIT bytes, refused at its length       messages    BURST at once, then RATE a second
    connections   CROWD in all, USER_CROWD of one user          unsent      UNSENT bytes of each
    Shown         the latest only, for whoever reads too slowly: a face wants the present, not the history
"""

import contextlib
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from msgspec import Struct

from kiosk.link import wire
from kiosk.link.listening import Listening, Newcomer
from kiosk.link.wire import FromDoor, Hello, Refused, Role, Shown, ToDoor

CROWD: Final = 64
USER_CROWD: Final = 16
RATE: Final = 32
BURST: Final = 64
UNSENT: Final = 2 * wire.LIMIT
CHUNK: Final = 64 * 1024  # bytes read from one neighbour at one turn


class Closed(StrEnum):
    """Why a neighbour was closed."""

    GONE = "gone"  # it went by itself: the only one that is no misbehaviour
    STRANGER = "stranger"  # its user has no role here
    CROWD = "crowd"  # too many at once
    ROLE = "role"  # not this user's role, or a Hello that is missing or one too many
    VERSION = "version"
    FORBIDDEN = "forbidden"  # a message that is not its role's
    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    FLOOD = "flood"
    SLOW = "slow"  # it does not read its answers


_WORDS: Final = {
    Closed.STRANGER: "This user has no role at this door.",
    Closed.CROWD: "Too many are connected to this door; close one of them and try again.",
    Closed.ROLE: "Say Hello once, first, and for a role that this user may take.",
    Closed.VERSION: "This is another version of Doorward; restart what was not updated.",
    Closed.FORBIDDEN: "This is not for this role to say.",
    Closed.MALFORMED: "This is no message of this version.",
    Closed.TOO_LONG: "This message is too long.",
    Closed.FLOOD: "Too many messages at once; connect again and say less.",
}


class Peer(Struct, frozen=True):
    """A neighbour with a role. `id` is never used twice in a link; `uid` and `pid` are the kernel's word."""

    id: int
    role: Role
    uid: int
    pid: int


class _Connection:
    """A neighbour's socket and what is under way on it."""

    def __init__(self, id_: int, newcomer: Newcomer, now: float) -> None:
        self.id = id_
        self.newcomer = newcomer
        self.socket: socket.socket = newcomer.socket
        self.peer: Peer | None = None  # until its Hello
        self.frames = wire.Frames()
        self.unsent = bytearray()
        self.latest: Shown | None = None  # to be shown once `unsent` has been read
        self._tokens = float(BURST)
        self._counted_at = now

    def may_speak(self, now: float) -> bool:
        """Counts one message against RATE and BURST."""
        self._tokens = min(BURST, self._tokens + (now - self._counted_at) * RATE) - 1
        self._counted_at = now
        return self._tokens >= 0


class Link:
    def __init__(self, listening: Listening, roles: Mapping[Role, Collection[int]], clock: Callable[[], float]) -> None:
        """As `open` makes it."""
        self._listening = listening
        self._roles = {role: frozenset(uids) for role, uids in roles.items()}
        self._clock = clock
        self._closed: Counter[Closed] = Counter()
        self._connections: dict[int, _Connection] = {}  # by descriptor
        self._peers: dict[int, _Connection] = {}  # by Peer.id
        self._ids = 0
        self._epoll = select.epoll()
        self._epoll.register(listening, select.EPOLLIN)

    @classmethod
    def open(
        cls, path: Path, roles: Mapping[Role, Collection[int]], clock: Callable[[], float] = time.monotonic
    ) -> Self:
        """Listen at `path`; `roles` names the uids that may take each role. Raises LinkError (`listening`)."""
        return cls(Listening.open(path), roles, clock)

    @property
    def closed(self) -> Counter[Closed]:
        """How many neighbours were closed, by reason, since the link was opened."""
        return self._closed + Counter({Closed.CROWD: self._listening.turned_away})

    def fileno(self) -> int:
        """Readable when `take` has something to do."""
        return self._epoll.fileno()

    def take(self) -> list[tuple[Peer, ToDoor]]:
        """What was said since the last call, each neighbour's in order. A `Hello` is for the caller to welcome."""
        heard: list[tuple[Peer, ToDoor]] = []
        for descriptor, ready in self._epoll.poll(0):
            if descriptor == self._listening.fileno():
                for newcomer in self._listening.accept():
                    self._admit(newcomer)
                continue
            if ready & select.EPOLLOUT and (connection := self._connections.get(descriptor)):
                self._flush(connection)
            if ready & ~select.EPOLLOUT and (connection := self._connections.get(descriptor)):
                self._read(connection, heard)
        return heard

    def peers(self, role: Role) -> list[Peer]:
        return [held.peer for held in self._peers.values() if held.peer is not None and held.peer.role is role]

    def send(self, peer: Peer, message: FromDoor) -> None:
        """Say it to one. Nothing happens when it has gone meanwhile: an answer is lost with whoever asked."""
        connection = self._peers.get(peer.id)
        if connection is None:
            return
        if isinstance(message, Shown) and connection.unsent:
            connection.latest = message
            return
        connection.unsent += wire.frame(message)
        self._flush(connection)

    def broadcast(self, role: Role, message: FromDoor) -> None:
        """Say it to all of a role."""
        for peer in self.peers(role):
            self.send(peer, message)

    def close(self) -> None:
        """Let everybody go, and the path. Safe to call twice."""
        for connection in list(self._connections.values()):
            self._drop(connection, Closed.GONE)
        self._listening.close()
        self._epoll.close()

    def _admit(self, newcomer: Newcomer) -> None:
        self._ids += 1
        connection = _Connection(self._ids, newcomer, self._clock())
        self._connections[newcomer.socket.fileno()] = connection
        self._epoll.register(newcomer.socket, select.EPOLLIN)
        of_user = sum(other.newcomer.uid == newcomer.uid for other in self._connections.values())
        if not any(newcomer.uid in uids for uids in self._roles.values()):
            self._refuse(connection, Closed.STRANGER)
        elif len(self._connections) > CROWD or of_user > USER_CROWD:
            self._refuse(connection, Closed.CROWD)

    def _read(self, connection: _Connection, heard: list[tuple[Peer, ToDoor]]) -> None:
        try:
            data = connection.socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(connection, Closed.GONE)
            return
        try:
            for payload in connection.frames.feed(data):
                message = wire.to_door(payload)
                wrong = self._judge(connection, message)
                if wrong is not None or connection.peer is None:
                    self._refuse(connection, wrong or Closed.ROLE)
                    return
                heard.append((connection.peer, message))
        except wire.TooLongError:
            self._refuse(connection, Closed.TOO_LONG)
        except wire.WireError:
            self._refuse(connection, Closed.MALFORMED)

    def _judge(self, connection: _Connection, message: ToDoor) -> Closed | None:
        """What is wrong with saying this here and now, if anything is. A good Hello gives its role."""
        if not connection.may_speak(self._clock()):
            return Closed.FLOOD
        if isinstance(message, Hello):
            return self._greet(connection, message)
        if connection.peer is None:
            return Closed.ROLE
        return None if type(message) in wire.MAY_SAY[connection.peer.role] else Closed.FORBIDDEN

    def _greet(self, connection: _Connection, hello: Hello) -> Closed | None:
        if hello.version != wire.VERSION:
            return Closed.VERSION
        if connection.peer is not None or connection.newcomer.uid not in self._roles.get(hello.role, ()):
            return Closed.ROLE
        connection.peer = Peer(connection.id, hello.role, connection.newcomer.uid, connection.newcomer.pid)
        self._peers[connection.id] = connection
        return None

    def _flush(self, connection: _Connection) -> None:
        """Send what the kernel takes now; `take` comes back for the rest."""
        try:
            while connection.unsent or connection.latest:
                if not connection.unsent and connection.latest:
                    connection.unsent += wire.frame(connection.latest)
                    connection.latest = None
                del connection.unsent[: connection.socket.send(connection.unsent)]
        except BlockingIOError:
            if len(connection.unsent) > UNSENT:
                self._drop(connection, Closed.SLOW)
                return
        except OSError:
            self._drop(connection, Closed.GONE)
            return
        self._epoll.modify(connection.socket, select.EPOLLIN | (select.EPOLLOUT if connection.unsent else 0))

    def _refuse(self, connection: _Connection, reason: Closed) -> None:
        """Tell it why, if it listens, and let it go."""
        with contextlib.suppress(OSError):
            connection.socket.send(connection.unsent + wire.frame(Refused(why=_WORDS[reason])))
        self._drop(connection, reason)

    def _drop(self, connection: _Connection, reason: Closed) -> None:
        del self._connections[connection.socket.fileno()]
        self._peers.pop(connection.id, None)
        connection.socket.close()  # the kernel takes it out of the epoll with it
        self._closed[reason] += 1
