"""The loop: what must be durable before what, and what stands when the disk does not take it."""

from kiosk.rules.messages import Input, Kind, LockFailed, Order, Ordered, Sense
from kiosk.writing import MOST
from tests.scene import Scene


def test_the_lock_is_driven_safe_at_the_start(scene: Scene) -> None:
    assert scene.lock.level is False


def test_the_grant_is_durable_when_the_lock_is_released(scene: Scene) -> None:
    drive, seen = scene.lock.drive, []

    def watching(active: bool) -> None:  # noqa: FBT001 - the port's own shape
        seen.append((active, Kind.GRANTED in scene.kinds()))
        drive(active)

    scene.lock.drive = watching  # type: ignore[method-assign]
    scene.present()
    assert seen == [(True, True)]


def test_without_a_durable_grant_nothing_is_released(scene: Scene) -> None:
    scene.books.refuses = True
    scene.present()
    assert scene.lock.level is False


def test_a_grant_that_could_not_be_recorded_leaves_no_trace_in_the_door(scene: Scene) -> None:
    scene.books.refuses = True
    scene.present()
    assert scene.loop.door.memory.granted == {}


def test_the_door_is_told_that_records_cannot_be_written(scene: Scene) -> None:
    scene.books.refuses = True
    scene.present()
    assert scene.loop.door.storage_fault == "The disk takes nothing."


def test_a_grant_whose_answer_was_lost_is_closed_as_not_carried_out(scene: Scene) -> None:
    scene.wait(1)
    scene.books.loses_answer = True
    scene.present()
    scene.wait(1)
    scene.wait(1)
    assert scene.kinds()[-4:] == [Kind.GRANTED, Kind.STORAGE_FAILED, Kind.NOT_CARRIED_OUT, Kind.STORAGE_BACK]


def test_a_grant_whose_answer_was_lost_releases_nothing(scene: Scene) -> None:
    scene.books.loses_answer = True
    scene.present()
    scene.wait(2)
    assert scene.lock.level is False


def test_the_exit_button_releases_while_nothing_can_be_written(scene: Scene) -> None:
    scene.books.refuses = True
    scene.present()
    scene.read(Input.EXIT_BUTTON, Sense.ACTIVE)
    assert scene.lock.level is True


def test_what_happened_while_nothing_could_be_written_is_written_in_order_later(scene: Scene) -> None:
    scene.wait(1)
    before = len(scene.books.written)
    scene.books.refuses = True
    scene.present()
    scene.read(Input.EXIT_BUTTON, Sense.ACTIVE)
    scene.books.refuses = False
    scene.wait(2)
    assert scene.kinds()[before : before + 3] == [Kind.STORAGE_FAILED, Kind.EXIT, Kind.RELEASED]


def test_a_fire_releases_while_nothing_can_be_written(scene: Scene) -> None:
    scene.books.refuses = True
    scene.read(Input.FIRE, Sense.ACTIVE)
    assert scene.lock.level is True


def test_an_evacuation_releases_while_nothing_can_be_written(scene: Scene) -> None:
    scene.books.refuses = True
    scene.loop.happen(Ordered(scene.at, Order.EVACUATION, "chief"))
    assert scene.lock.level is True


def test_the_siren_sounds_while_nothing_can_be_written(scene: Scene) -> None:
    scene.read(Input.DOOR_POSITION, Sense.NORMAL)
    scene.wait(1)
    scene.books.refuses = True
    scene.read(Input.DOOR_POSITION, Sense.ACTIVE)
    assert scene.siren.level is True


def test_a_forced_door_that_could_not_be_recorded_is_recorded_later(scene: Scene) -> None:
    scene.read(Input.DOOR_POSITION, Sense.NORMAL)
    scene.wait(1)
    scene.books.refuses = True
    scene.read(Input.DOOR_POSITION, Sense.ACTIVE)
    scene.books.refuses = False
    scene.wait(2)
    assert Kind.FORCED in scene.kinds()


def test_a_lock_that_does_not_take_its_level_is_a_record_and_the_grant_is_not_carried_out(scene: Scene) -> None:
    scene.lock.fail_next()
    scene.present()
    scene.wait(1)
    assert [kind for kind in scene.kinds() if kind in {Kind.LOCK_FAILED, Kind.NOT_CARRIED_OUT}] == [
        Kind.LOCK_FAILED,
        Kind.NOT_CARRIED_OUT,
    ]


def test_a_lock_whose_answer_was_lost_is_not_believed_and_locked_again(scene: Scene) -> None:
    scene.lock.lose_next_answer()
    scene.present()
    assert (scene.lock.level, scene.loop.door.memory.granted) == (False, {})


def test_the_lock_relocks_when_its_time_is_over(scene: Scene) -> None:
    scene.present()
    scene.wait(scene.loop.door.room.timing.release_s)
    assert scene.lock.level is False


def test_records_that_wait_are_signed_within_a_tenth_of_a_second(scene: Scene) -> None:
    scene.wait(1)
    before = scene.books.signed
    scene.present()
    scene.wait(0.1)
    assert scene.books.signed == before + 1


def test_a_siren_that_is_gone_stops_nothing(scene: Scene) -> None:
    scene.read(Input.DOOR_POSITION, Sense.NORMAL)
    scene.siren.lose()
    scene.wait(1)
    scene.read(Input.DOOR_POSITION, Sense.ACTIVE)
    assert Kind.FORCED in scene.kinds()


def test_a_failed_relock_keeps_the_door_from_admitting_anybody(scene: Scene) -> None:
    scene.loop.happen(LockFailed(scene.at, released=False, why="The relay does not answer."))
    scene.present()
    assert scene.lock.level is False


def test_a_step_of_the_wall_clock_is_recorded_though_its_minute_is_not_over(scene: Scene) -> None:
    scene.wall_steps(3600)
    scene.wait(1)
    scene.wait(1)
    (step,) = (entry.body for entry in scene.books.written if entry.kind is Kind.CLOCK)
    assert step == {"step_ms": 3_600_000}


def test_a_clock_that_stands_still_makes_no_record(scene: Scene) -> None:
    for _ in range(5):
        scene.wait(61)
    assert Kind.CLOCK not in scene.kinds()


def test_who_watches_is_told_once_of_each_change(scene: Scene) -> None:
    scene.wait(0.01)
    scene.order.clear()
    scene.present()
    scene.wait(0.01)
    scene.wait(0.01)
    assert scene.order.count("changed") == 1


def test_a_quiet_moment_comes_when_all_is_written(scene: Scene) -> None:
    scene.wait(1)
    scene.order.clear()
    scene.present()
    scene.wait(0.05)
    assert "quiet" not in scene.order
    scene.wait(0.05)
    assert "quiet" in scene.order


def test_a_frame_that_has_begun_keeps_the_disk_free_for_its_decision(scene: Scene) -> None:
    scene.wait(1)
    scene.present()
    scene.order.clear()
    scene.now += 0.09
    scene.rehearse()
    scene.wait(0.01)
    assert "quiet" not in scene.order
    scene.wait(0.02)
    assert "quiet" in scene.order


def test_a_rehearsal_leaves_the_door_as_it_was(scene: Scene) -> None:
    door = scene.loop.door
    scene.rehearse()
    assert (scene.loop.door, scene.lock.level) == (door, False)


def test_a_rehearsal_writes_nothing(scene: Scene) -> None:
    before = list(scene.books.written)
    scene.rehearse()
    assert (scene.books.written, scene.books.rehearsed[0].kind) == (before, Kind.GRANTED)


def test_a_rehearsal_that_fails_stops_nothing(scene: Scene) -> None:
    scene.books.refuses = True
    scene.rehearse()
    scene.books.refuses = False
    scene.present()
    assert scene.lock.level is True


def test_the_camera_is_asked_behind_the_release(scene: Scene) -> None:
    drive = scene.lock.drive
    scene.order.clear()

    def watching(active: bool) -> None:  # noqa: FBT001 - the port's own shape
        scene.order.append("lock")
        drive(active)

    scene.lock.drive = watching  # type: ignore[method-assign]
    scene.present()
    assert scene.order == ["lock", "photo"]


def test_a_loop_that_is_stopped_says_why_and_writes_what_waits(scene: Scene) -> None:
    scene.present()
    scene.loop.stop("SIGTERM")
    scene.loop.stop("another reason")
    assert scene.loop.run() == "SIGTERM"
    assert (scene.lock.level, scene.books.written[-2].body, scene.kinds()[-1]) == (
        False,
        {"why": "SIGTERM"},
        Kind.RELOCKED,
    )


def test_a_loop_that_is_stopped_while_nothing_can_be_written_ends_all_the_same(scene: Scene) -> None:
    scene.books.refuses = True
    scene.present()
    scene.loop.stop("SIGTERM")
    assert scene.loop.run() == "SIGTERM"


def test_records_that_found_no_room_are_counted_in_the_ledger(scene: Scene) -> None:
    scene.wait(1)
    scene.books.refuses = True
    for _ in range(MOST):
        scene.read(Input.TAMPER, Sense.CUT)
        scene.read(Input.TAMPER, Sense.NORMAL)
    scene.books.refuses = False
    scene.wait(2)
    scene.wait(1)
    (back,) = (entry.body for entry in scene.books.written if entry.kind is Kind.STORAGE_BACK)
    assert (back["queued"], back["dropped"] > 0) == (MOST, True)
