"""`doorward`. The door process is started past the command line's libraries, which cost more than the door itself."""

import gc
import sys
from pathlib import Path


def main() -> None:
    match sys.argv[1:]:
        case [("door" | "relock") as command, settings] if not settings.startswith("-"):
            gc.disable()  # what is imported stays, and looking it through again and again delays the start
            from kiosk import door_process

            gc.freeze()
            gc.enable()
            sys.exit((door_process.run if command == "door" else door_process.relock)(Path(settings)))
        case _:
            from kiosk.cli import app

            app()


if __name__ == "__main__":
    main()
