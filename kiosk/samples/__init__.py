"""Files to begin with: two schools' policies, a door's settings, an access list."""

from pathlib import Path

FOLDER = Path(__file__).parent  # importlib.resources would cost a door's start 20 ms
