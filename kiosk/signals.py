"""SIGTERM and SIGINT as something readable: the loop stops between two events, never inside one."""

import os
import signal


class StopSignals:
    """Watched by the loop's poll. While it is open, Python's own handling of both signals is set aside."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before = {number: signal.signal(number, _ignored) for number in (signal.SIGTERM, signal.SIGINT)}
        self._woken_before = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)

    def heard(self) -> str:
        """The names of the signals that came."""
        return ", ".join(signal.Signals(number).name for number in os.read(self._reading, 64))

    def fileno(self) -> int:
        return self._reading

    @staticmethod
    def due() -> float | None:
        return None

    def close(self) -> None:
        signal.set_wakeup_fd(self._woken_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._reading)
        os.close(self._writing)


def _ignored(_number: int, _frame: object) -> None:
    """The wake-up descriptor has it already."""
