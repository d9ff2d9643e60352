"""The door's listening socket: that there is only one, and who stands at it.

A socket file left by a door that died is taken away; one at which somebody answers, or whose lock file somebody holds,
is another door's, and a second door is refused. (The lock file stays: taking it away would undo the lock.)
The path's folder says who may come near; the socket itself is for its owner and group (0660).
"""

import contextlib
import errno
import fcntl
import os
import socket
import stat
import struct
from pathlib import Path
from typing import Final, NamedTuple, Self

AT_ONCE: Final = 16  # newcomers let in at one turn
BACKLOG: Final = 64
CREDENTIALS: Final = struct.Struct("iII")  # struct ucred (unix(7)): pid, uid, gid


class LinkError(Exception):
    """One clear sentence: why there is no link here, and what to do."""


class Newcomer(NamedTuple):
    """A connection and the kernel's word of who made it."""

    socket: socket.socket
    uid: int
    pid: int


class Listening:
    def __init__(self, path: Path, listening: socket.socket, lock: int) -> None:
        """As `open` makes it."""
        self.turned_away = 0  # let out at once for want of descriptors
        self._path = path
        self._inode = path.stat().st_ino
        self._socket = listening
        self._lock = lock
        self._spare = _spare()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises LinkError when another door has the path, or it cannot be used."""
        with contextlib.ExitStack() as undo:
            try:
                lock = _lock(path)
                undo.callback(os.close, lock)
                _remove_stale(path)
                kind = socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
                listening = undo.enter_context(socket.socket(socket.AF_UNIX, kind))
                listening.bind(str(path))
                path.chmod(0o660)  # before listen: until then every connect is refused
                listening.listen(BACKLOG)
                made = cls(path, listening, lock)
            except OSError as error:
                why = error.strerror or error
                raise LinkError(f"The door's socket {path} cannot be made: {why}.") from error
            undo.pop_all()
        return made

    def fileno(self) -> int:
        return self._socket.fileno()

    def accept(self) -> list[Newcomer]:
        """Those who stand at the door, a turn's worth of them. Never blocks, never raises."""
        newcomers: list[Newcomer] = []
        for _ in range(AT_ONCE):
            try:
                connected, _address = self._socket.accept()
            except OSError as error:
                if error.errno in {errno.EMFILE, errno.ENFILE}:
                    self._turn_away()
                break
            connected.setblocking(False)
            ucred = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
            pid, uid, _gid = CREDENTIALS.unpack(ucred)
            newcomers.append(Newcomer(connected, uid, pid))
        return newcomers

    def close(self) -> None:
        """Take the socket file away, if it is still ours. Safe to call twice."""
        if self._socket.fileno() < 0:
            return
        with contextlib.suppress(OSError):
            if self._path.lstat().st_ino == self._inode:
                self._path.unlink()
        self._socket.close()
        os.close(self._spare)
        os.close(self._lock)

    def _turn_away(self) -> None:
        """Out of descriptors: one newcomer comes in by the spare one and goes, or it would wake the loop for ever."""
        os.close(self._spare)
        with contextlib.suppress(OSError):
            self._socket.accept()[0].close()
            self.turned_away += 1
        self._spare = _spare()


def _spare() -> int:
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)


def _lock(path: Path) -> int:
    """The descriptor that holds the lock file: two doors that start together cannot both find the socket stale."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise _another(path) from error
    return descriptor


def _remove_stale(path: Path) -> None:
    """Take away a socket at which nobody answers. Raises LinkError for one that lives, and for what is no socket."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise LinkError(f"{path} is in the way and is no socket; move it away.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        answer = probe.connect_ex(str(path))
    if answer != errno.ECONNREFUSED:
        raise _another(path)
    path.unlink()


def _another(path: Path) -> LinkError:
    return LinkError(f"Another door process runs with the socket {path}; stop it before you start this one.")
