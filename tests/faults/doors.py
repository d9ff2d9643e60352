"""A door process in which a part of the surroundings is another one: `python -m tests.faults.doors SETTINGS`.

DOORWARD_TEST_CLOCK=alone     nothing disciplines the wall clock, whatever this machine's kernel says, and a step
                              is looked for ten times a second
"""

import os
import sys
from pathlib import Path

from kiosk import clock, door_process, loop


def main() -> int:
    if os.environ.get("DOORWARD_TEST_CLOCK") == "alone":
        defaults = clock.WallClock.__init__.__kwdefaults__
        assert defaults is not None
        defaults["synced"] = lambda: False
        loop.LOOK_AT_CLOCK_MS = 100
    return door_process.run(Path(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())
