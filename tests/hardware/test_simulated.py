from collections.abc import Iterator

import pytest

from hardware.simulated import SimulatedInput, SimulatedOutput
from kiosk.ports import LevelRead, OutputError
from kiosk.rules.messages import Sense
from tests.hardware.conftest import Clock


@pytest.fixture
def output(clock: Clock) -> Iterator[SimulatedOutput]:
    output = SimulatedOutput(clock)
    yield output
    output.close()


def test_an_output_has_no_level_until_it_is_driven(output: SimulatedOutput) -> None:
    assert output.level is None


def test_a_drive_that_is_told_to_fail_changes_nothing(output: SimulatedOutput) -> None:
    output.drive(False)
    output.fail_next()
    with pytest.raises(OutputError):
        output.drive(True)
    assert output.level is False


def test_a_drive_whose_answer_is_lost_has_worked(output: SimulatedOutput) -> None:
    output.lose_next_answer()
    with pytest.raises(OutputError):
        output.drive(True)
    assert output.level is True


def test_only_the_next_drive_fails(output: SimulatedOutput) -> None:
    output.fail_next()
    with pytest.raises(OutputError):
        output.drive(True)
    output.drive(True)
    assert output.history == [OutputError, True]


def test_an_input_that_changed_while_it_was_gone_reads_what_is_so(clock: Clock) -> None:
    wire = SimulatedInput(clock)
    wire.lose()
    wire.turn(Sense.ACTIVE)
    wire.come_back()
    assert wire.take()[-1] == LevelRead(Sense.ACTIVE)
    wire.close()
