from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House
from tests.scene import Scene


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A site whose door process a test starts and ends."""
    with House(tmp_path) as house:
        yield house


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Scene() as scene:
        yield scene
