"""One door a socket, and what lies in its way."""

import os
import resource
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.link.listening import LinkError, Listening


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "door.sock"


@pytest.fixture
def listening(path: Path) -> Iterator[Listening]:
    held = Listening.open(path)
    yield held
    held.close()


def connected(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))
    return client


def test_the_socket_is_for_its_owner_and_group(listening: Listening, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_newcomer_is_who_the_kernel_says(listening: Listening, path: Path) -> None:
    with connected(path):
        ((accepted, uid, pid),) = listening.accept()
        accepted.close()
    assert (uid, pid) == (os.getuid(), os.getpid())


def test_a_newcomer_never_blocks_the_door(listening: Listening, path: Path) -> None:
    with connected(path):
        ((accepted, _uid, _pid),) = listening.accept()
        with accepted, pytest.raises(BlockingIOError):
            accepted.recv(1)


def test_nobody_at_the_door_is_nobody(listening: Listening) -> None:
    assert listening.accept() == []


def test_a_second_door_is_refused_with_a_sentence(listening: Listening, path: Path) -> None:
    with pytest.raises(LinkError) as raised:
        Listening.open(path)
    assert str(raised.value) == (
        f"Another door process runs with the socket {path}; stop it before you start this one."
    )


def test_a_refused_second_door_leaves_the_first_at_work(listening: Listening, path: Path) -> None:
    with pytest.raises(LinkError):
        Listening.open(path)
    with connected(path):
        (newcomer,) = listening.accept()
        newcomer.socket.close()


def test_a_socket_at_which_somebody_answers_is_not_taken_away(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen(1)
        with pytest.raises(LinkError, match="Another door process runs"):
            Listening.open(path)
        assert path.exists()


def test_a_socket_left_by_a_killed_door_is_taken_away(path: Path) -> None:
    program = (
        "import os, sys, pathlib; from kiosk.link.listening import Listening;"
        "held = Listening.open(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", program, path], check=False)
    left = path.exists()
    Listening.open(path).close()
    assert (killed.returncode, left) == (-9, True)


def test_a_file_in_the_way_is_left_alone(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(LinkError) as raised:
        Listening.open(path)
    assert (str(raised.value), path.read_text()) == (f"{path} is in the way and is no socket; move it away.", "mine")


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "door.sock"
    with pytest.raises(LinkError) as raised:
        Listening.open(path)
    assert str(raised.value) == f"The door's socket {path} cannot be made: No such file or directory."


def test_a_path_too_long_for_a_socket_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 120)
    with pytest.raises(LinkError) as raised:
        Listening.open(path)
    assert str(raised.value) == f"The door's socket {path} cannot be made: AF_UNIX path too long."


def test_a_link_that_could_not_be_opened_lets_go_of_its_lock(path: Path) -> None:
    path.write_text("in the way")
    with pytest.raises(LinkError):
        Listening.open(path)
    path.unlink()
    Listening.open(path).close()


def test_closing_takes_the_socket_away(path: Path) -> None:
    Listening.open(path).close()
    assert not path.exists()


def test_closing_twice_is_closing_once(path: Path) -> None:
    held = Listening.open(path)
    held.close()
    held.close()
    assert held.fileno() == -1


def test_closing_leaves_another_doors_socket(path: Path) -> None:
    held = Listening.open(path)
    path.rename(path.with_name("kept"))  # its inode stays in use, so that the new file cannot have it
    path.write_text("another's")
    held.close()
    assert path.read_text() == "another's"


def test_without_descriptors_a_newcomer_is_turned_away_and_the_door_does_not_spin(
    listening: Listening, path: Path
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with connected(path) as client:
        with open(os.devnull, "rb") as probe:  # noqa: PTH123 - its number is the first that is free
            resource.setrlimit(resource.RLIMIT_NOFILE, (probe.fileno(), hard))
        try:
            heard = [listening.accept(), listening.accept()]
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert (heard, listening.turned_away, client.recv(1)) == ([[], []], 1, b"")
