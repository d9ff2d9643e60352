"""Who may enter: each reason where it is given and where it is not, all of them at once, every rule off by default."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from kiosk.rules.access import Asked, Decision, Denied, Granted, Grounds, How, Reason, Standing, Wants, decide
from kiosk.rules.credentials import Approval, Found, Trust
from kiosk.rules.memory import Memory, Use, Visit
from kiosk.rules.policy import (
    AntiPassback,
    AntiPassbackKind,
    Escort,
    FirstIn,
    Hours,
    Interlock,
    Policy,
    Schedule,
    TwoPerson,
)
from tests.rules.school import (
    CHIEF,
    DAY,
    DIRECTOR,
    EIGHT,
    HOUR,
    PERMIT,
    TEACHER,
    VICE,
    WORKER,
    approval,
    card,
    code,
    local,
    school,
)

TODAY = local(EIGHT).toordinal()
HARD = AntiPassback(AntiPassbackKind.HARD)
SOFT = AntiPassback(AntiPassbackKind.SOFT)
INSIDE = Memory(inside={"p1": Visit("v", "p1", "王大明", person=1, custodian=True, since=EIGHT - HOUR)})
WORKS = Memory(permit=PERMIT)


def now(memory: Memory | None = None, at: int | None = EIGHT, **parts: Any) -> Standing:
    """All is well: a list of an hour ago, a lock that works, a clock that is right."""
    return Standing(memory or Memory(), at, None if at is None else local(at).toordinal(), EIGHT - HOUR, **parts)


def asks(asked: Asked, standing: Standing | None = None, /, **switches: Any) -> Decision:
    return decide(school(**switches), "main", asked, standing or now())


def why(asked: Asked, standing: Standing | None = None, /, **switches: Any) -> tuple[Reason, ...]:
    decision = asks(asked, standing, **switches)
    return decision.reasons if isinstance(decision, Denied) else ()


def scheduled(policy: Policy, asked: Asked, at: datetime) -> tuple[Reason, ...]:
    decision = decide(policy, "main", asked, now(at=int(at.timestamp())))
    return decision.reasons if isinstance(decision, Denied) else ()


# ---------------------------------------------------------------- on what grounds


def test_a_custodian_enters_on_standing_right() -> None:
    assert asks(card(DIRECTOR)) == Granted(Grounds.CUSTODIAN, How.CARD, "王大明", person=1)


def test_a_second_role_makes_a_custodian_too() -> None:
    both = replace(TEACHER, roles=("staff", "vice_principal"))
    assert asks(card(both)) == Granted(Grounds.CUSTODIAN, How.CARD, "孙美丽", person=4)


def test_one_with_an_approval_enters_by_their_own_card_with_the_whole_register_line() -> None:
    given = approval(person=TEACHER.id, name="孙美丽", headcount=1)
    assert asks(card(TEACHER, given)) == Granted(
        Grounds.APPROVAL,
        How.CARD,
        "孙美丽",
        person=4,
        approval=given,
        approver="校长",
        reason="检查线路",
        due=EIGHT + 2 * HOUR,
    )


def test_a_visitor_enters_by_code_with_the_whole_register_line() -> None:
    assert asks(code(approval())) == Granted(
        Grounds.APPROVAL,
        How.CODE,
        "张文 陈思",
        approval=approval(),
        approver="校长",
        reason="检查线路",
        headcount=2,
        due=EIGHT + 2 * HOUR,
    )


def test_people_on_the_permit_enter_during_maintenance() -> None:
    assert asks(card(WORKER), now(WORKS)) == Granted(
        Grounds.MAINTENANCE,
        How.CARD,
        "周自强",
        person=5,
        approver="校长",
        reason="更换硬盘",
        due=EIGHT + 4 * HOUR,
    )


def test_a_custodian_out_of_hours_enters_by_an_approval() -> None:
    decision = asks(card(DIRECTOR, approval(person=1)), custodian_schedule="night")
    assert isinstance(decision, Granted)
    assert decision.grounds is Grounds.APPROVAL


def test_the_approval_that_fits_is_used() -> None:
    late, fits = approval(1, not_after=EIGHT), approval(2)
    decision = asks(card(TEACHER, late, fits))
    assert isinstance(decision, Granted)
    assert decision.approval == fits


def test_a_room_that_the_policy_does_not_have_is_the_callers_bug() -> None:
    with pytest.raises(KeyError):
        decide(school(), "cellar", card(DIRECTOR), now())


# ---------------------------------------------------------------- the credential


def test_an_unknown_card_is_unknown() -> None:
    assert asks(card(None)) == Denied((Reason.UNKNOWN_CREDENTIAL,), How.CARD, card=0xBAD)


def test_a_credential_of_nobody_is_unknown() -> None:
    assert why(Asked(Found(1, card(DIRECTOR).found.credential), Trust.NUMBER)) == (Reason.UNKNOWN_CREDENTIAL,)  # type: ignore[union-attr]


def test_a_known_card_is_not_unknown() -> None:
    assert Reason.UNKNOWN_CREDENTIAL not in why(card(TEACHER))


def test_a_disabled_card_is_refused() -> None:
    assert why(card(DIRECTOR, disabled=True)) == (Reason.DISABLED,)


def test_a_card_that_was_not_disabled_is_not_refused_for_it() -> None:
    assert why(card(DIRECTOR, disabled=False)) == ()


def test_a_card_is_expired_from_the_second_it_ends() -> None:
    assert why(card(DIRECTOR, valid_to=EIGHT)) == (Reason.EXPIRED,)


def test_a_card_is_valid_to_the_second_before_it_ends() -> None:
    assert why(card(DIRECTOR, valid_to=EIGHT + 1)) == ()


def test_a_card_is_not_yet_valid_a_second_before_it_begins() -> None:
    assert why(card(DIRECTOR, valid_from=EIGHT + 1)) == (Reason.NOT_YET_VALID,)


def test_a_card_is_valid_from_the_second_it_begins() -> None:
    assert why(card(DIRECTOR, valid_from=EIGHT)) == ()


def test_a_card_issued_to_prove_itself_that_does_not_is_a_clone() -> None:
    credential = replace(card(DIRECTOR).found.credential, trust=Trust.PROVED)  # type: ignore[union-attr,type-var]
    assert why(Asked(Found(1, credential, DIRECTOR), Trust.NUMBER)) == (Reason.NOT_PROVED,)


def test_a_card_that_proves_itself_is_believed() -> None:
    credential = replace(card(DIRECTOR).found.credential, trust=Trust.PROVED)  # type: ignore[union-attr,type-var]
    assert why(Asked(Found(1, credential, DIRECTOR), Trust.PROVED), trust=Trust.PROVED) == ()


def test_a_bare_number_is_too_little_where_the_room_wants_a_proof() -> None:
    assert why(card(DIRECTOR), trust=Trust.PROVED) == (Reason.TRUST_TOO_LOW,)


def test_a_bare_number_is_enough_by_default() -> None:
    assert why(card(DIRECTOR)) == ()


# ---------------------------------------------------------------- the approval


def test_one_without_an_approval_needs_one() -> None:
    assert why(card(TEACHER)) == (Reason.NO_APPROVAL,)


def test_one_with_an_approval_does_not_need_one() -> None:
    assert why(card(TEACHER, approval())) == ()


def test_a_custodian_of_another_room_is_at_the_wrong_room_and_needs_an_approval() -> None:
    assert why(card(CHIEF)) == (Reason.WRONG_ROOM, Reason.NO_APPROVAL)


def test_an_approval_for_another_room_is_for_the_wrong_room() -> None:
    assert why(code(approval(room="south_gate"))) == (Reason.WRONG_ROOM,)


def test_an_approval_for_this_room_is_not() -> None:
    assert why(code(approval(room="main"))) == ()


def test_an_approval_whose_opening_was_used_is_used_up() -> None:
    assert why(code(approval()), now(Memory(used={"V-1": Use(1, EIGHT)}))) == (Reason.APPROVAL_USED_UP,)


def test_an_approval_with_an_opening_left_is_not_used_up() -> None:
    assert why(code(approval(openings=2)), now(Memory(used={"V-1": Use(1, EIGHT)}))) == ()


def test_a_withdrawn_approval_is_refused() -> None:
    assert why(code(approval(withdrawn=True))) == (Reason.APPROVAL_WITHDRAWN,)


def test_an_approval_that_stands_is_not_withdrawn() -> None:
    assert why(code(approval(withdrawn=False))) == ()


@pytest.mark.parametrize("missing", [{"name": ""}, {"approver": ""}, {"reason": ""}, {"headcount": 0}])
def test_nobody_enters_on_an_incomplete_register_line(missing: dict[str, Any]) -> None:
    assert why(code(approval(**missing))) == (Reason.REGISTER_INCOMPLETE,)


def test_a_complete_register_line_is_no_reason() -> None:
    assert why(code(approval())) == ()


def test_an_approval_ends_at_the_end_of_its_window() -> None:
    assert why(code(approval(not_after=EIGHT))) == (Reason.EXPIRED,)


def test_an_approval_begins_with_its_window() -> None:
    assert why(code(approval(not_before=EIGHT + 1))) == (Reason.NOT_YET_VALID,)


def test_a_wrong_code_is_wrong() -> None:
    assert asks(code(None)) == Denied((Reason.WRONG_CODE,), How.CODE)


def test_a_right_code_is_not_wrong() -> None:
    assert why(code(approval(withdrawn=True))) == (Reason.APPROVAL_WITHDRAWN,)


def test_a_locked_out_keypad_answers_a_right_code_like_a_wrong_one() -> None:
    locked = now(locked_out=True)
    assert (why(code(approval()), locked), why(code(None), locked)) == ((Reason.CODE_LOCKED_OUT,),) * 2


def test_a_locked_out_keypad_says_nothing_of_anything_else() -> None:
    assert why(code(None), now(Memory(lockdown=True), locked_out=True)) == (Reason.CODE_LOCKED_OUT,)


def test_cards_work_while_the_keypad_is_locked_out() -> None:
    assert why(card(DIRECTOR), now(locked_out=True)) == ()


# ---------------------------------------------------------------- schedules


def test_a_custodian_outside_the_schedule_is_refused() -> None:
    assert why(card(DIRECTOR), custodian_schedule="night") == (Reason.OUTSIDE_SCHEDULE,)


def test_a_custodian_within_the_schedule_is_not() -> None:
    assert why(card(DIRECTOR), custodian_schedule="daytime") == ()


def test_an_approval_outside_its_schedule_is_refused() -> None:
    assert why(code(approval()), approval_schedule="night") == (Reason.OUTSIDE_SCHEDULE,)


def test_the_custodians_schedule_is_not_the_approvals() -> None:
    assert why(code(approval()), custodian_schedule="night") == ()


def test_a_holiday_closes_a_working_day() -> None:
    policy = replace(school(custodian_schedule="daytime"), special_days={date(2026, 3, 16): "holiday"})
    assert scheduled(policy, card(DIRECTOR), local(EIGHT)) == (Reason.OUTSIDE_SCHEDULE,)


def test_a_special_day_has_its_own_hours() -> None:
    policy = replace(school(custodian_schedule="daytime"), special_days={date(2026, 3, 16): "exam"})
    assert scheduled(policy, card(DIRECTOR), local(EIGHT + HOUR)) == ()


def test_a_weekend_is_closed() -> None:
    policy = school(custodian_schedule="daytime")
    assert scheduled(policy, card(DIRECTOR), local(EIGHT + 5 * DAY)) == (Reason.OUTSIDE_SCHEDULE,)


BERLIN = ZoneInfo("Europe/Berlin")
TWO_TO_THREE = Schedule(((Hours(120, 180),),) * 7)


@pytest.mark.parametrize(
    ("utc", "open_"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), False),  # 01:59, and then the clock reads 03:00
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), False),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),  # 02:30 the first time
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),  # 02:30 the second time
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), False),
    ],
)
def test_the_schedule_goes_by_the_clock_on_the_wall_when_it_changes(utc: datetime, open_: bool) -> None:  # noqa: FBT001
    policy = replace(school(custodian_schedule="two"), zone=BERLIN, schedules={"two": TWO_TO_THREE})
    assert scheduled(policy, card(DIRECTOR), utc) == (() if open_ else (Reason.OUTSIDE_SCHEDULE,))


# ---------------------------------------------------------------- the clock


def test_a_custodian_without_a_time_limit_enters_though_the_clock_is_unset() -> None:
    assert why(card(DIRECTOR), now(at=None)) == ()


def test_a_timed_card_does_not_count_while_the_clock_is_unset() -> None:
    assert why(card(DIRECTOR, valid_to=EIGHT + DAY), now(at=None)) == (Reason.CLOCK_UNSET,)


def test_a_timed_code_does_not_count_while_the_clock_is_unset() -> None:
    assert why(code(approval()), now(at=None)) == (Reason.CLOCK_UNSET,)


def test_a_schedule_does_not_count_while_the_clock_is_unset() -> None:
    assert why(card(DIRECTOR), now(at=None), custodian_schedule="daytime") == (Reason.CLOCK_UNSET,)


def test_a_permit_does_not_count_while_the_clock_is_unset() -> None:
    assert why(card(WORKER), now(WORKS, at=None)) == (Reason.CLOCK_UNSET,)


def test_a_lists_age_cannot_be_told_while_the_clock_is_unset() -> None:
    assert why(card(DIRECTOR), now(at=None), revocation_age_hours=24) == (Reason.CLOCK_UNSET,)


# ---------------------------------------------------------------- anti-passback


def test_hard_anti_passback_refuses_whoever_is_inside() -> None:
    assert why(card(DIRECTOR), now(INSIDE), anti_passback=HARD) == (Reason.ANTI_PASSBACK,)


def test_hard_anti_passback_lets_in_whoever_is_not() -> None:
    assert why(card(VICE), now(INSIDE), anti_passback=HARD) == ()


def test_anti_passback_is_off_by_default() -> None:
    assert asks(card(DIRECTOR), now(INSIDE)) == Granted(Grounds.CUSTODIAN, How.CARD, "王大明", person=1)


def test_soft_anti_passback_lets_in_and_says_so() -> None:
    decision = asks(card(DIRECTOR), now(INSIDE), anti_passback=SOFT)
    assert decision == Granted(Grounds.CUSTODIAN, How.CARD, "王大明", person=1, passback=True)


def test_soft_anti_passback_says_nothing_of_a_first_entry() -> None:
    assert asks(card(VICE), now(INSIDE), anti_passback=SOFT) == Granted(Grounds.CUSTODIAN, How.CARD, "李小芳", person=2)


def test_an_entry_counts_until_the_reset() -> None:
    timed = replace(HARD, reset_minutes=61)
    assert why(card(DIRECTOR), now(INSIDE), anti_passback=timed) == (Reason.ANTI_PASSBACK,)


def test_an_entry_no_longer_counts_after_the_reset() -> None:
    assert why(card(DIRECTOR), now(INSIDE), anti_passback=replace(HARD, reset_minutes=60)) == ()


def test_an_entry_counts_while_its_age_cannot_be_told() -> None:
    timed = replace(HARD, reset_minutes=60)
    assert why(card(DIRECTOR), now(INSIDE, at=None), anti_passback=timed) == (Reason.ANTI_PASSBACK,)


def test_exempt_people_pass_back() -> None:
    exempt = replace(HARD, exempt_roles=("student_affairs_director",))
    assert why(card(DIRECTOR), now(INSIDE), anti_passback=exempt) == ()


# ---------------------------------------------------------------- who must come along


def wants(decision: Decision) -> tuple[Wants, ...]:
    assert isinstance(decision, Granted)
    return decision.wants


def test_nobody_is_waited_for_by_default() -> None:
    assert wants(asks(card(DIRECTOR))) == ()


def test_two_person_waits_for_a_second_person() -> None:
    assert wants(asks(card(DIRECTOR), two_person=TwoPerson())) == (Wants.SECOND_PERSON,)


def test_escort_waits_for_a_custodian() -> None:
    assert wants(asks(code(approval()), escort=Escort())) == (Wants.ESCORT,)


def test_a_custodian_needs_no_escort() -> None:
    assert wants(asks(card(DIRECTOR), escort=Escort())) == ()


def test_a_custodian_inside_is_an_escort() -> None:
    assert wants(asks(code(approval()), now(INSIDE), escort=Escort())) == ()


def test_a_custodian_inside_is_none_where_the_policy_says_so() -> None:
    assert wants(asks(code(approval()), now(INSIDE), escort=Escort(inside_counts=False))) == (Wants.ESCORT,)


def test_someone_else_inside_is_no_escort() -> None:
    visitor = Memory(inside={"aV-9": Visit("v", "aV-9", "张文")})
    assert wants(asks(code(approval()), now(visitor), escort=Escort())) == (Wants.ESCORT,)


def test_where_both_rules_hold_the_escort_is_the_second_person() -> None:
    assert wants(asks(code(approval()), two_person=TwoPerson(), escort=Escort())) == (Wants.ESCORT,)


def test_nobody_with_an_approval_enters_before_a_custodian_today() -> None:
    yesterday = Memory(first_in=TODAY - 1)
    assert why(code(approval()), now(yesterday), first_in=FirstIn()) == (Reason.FIRST_PERSON_NOT_IN,)


def test_nobody_on_the_permit_enters_before_a_custodian_today() -> None:
    assert why(card(WORKER), now(WORKS), first_in=FirstIn()) == (Reason.FIRST_PERSON_NOT_IN,)


def test_an_approval_counts_once_a_custodian_has_entered_today() -> None:
    assert why(code(approval()), now(Memory(first_in=TODAY)), first_in=FirstIn()) == ()


def test_the_first_in_is_a_custodian() -> None:
    assert why(card(DIRECTOR), first_in=FirstIn()) == ()


def test_nobody_has_to_be_first_by_default() -> None:
    assert why(code(approval()), now(Memory(first_in=None))) == ()


# ---------------------------------------------------------------- what stands in everybody's way


def test_a_lockdown_admits_nobody() -> None:
    assert why(card(DIRECTOR), now(Memory(lockdown=True))) == (Reason.LOCKDOWN,)


def test_a_lockdown_admits_the_roles_that_the_policy_names() -> None:
    assert why(card(DIRECTOR), now(Memory(lockdown=True)), lockdown_admits=("student_affairs_director",)) == ()


def test_no_lockdown_is_no_reason() -> None:
    assert why(card(DIRECTOR), now(Memory(lockdown=False))) == ()


def test_maintenance_admits_not_even_a_custodian() -> None:
    assert why(card(DIRECTOR), now(WORKS)) == (Reason.MAINTENANCE,)


def test_maintenance_admits_the_roles_that_the_policy_names() -> None:
    assert why(card(DIRECTOR), now(WORKS), maintenance_admits=("student_affairs_director",)) == ()


def test_a_permit_is_no_ground_before_the_maintenance() -> None:
    assert why(card(WORKER)) == (Reason.NO_APPROVAL,)


def test_a_permit_is_no_ground_after_its_window() -> None:
    over = Memory(permit=replace(PERMIT, not_after=EIGHT))
    assert why(card(WORKER), now(over)) == (Reason.EXPIRED,)


def test_an_interlocked_door_that_is_not_secure_keeps_this_one_shut() -> None:
    assert why(card(DIRECTOR), now(interlock_secure=False), interlock=Interlock(("inner",))) == (Reason.INTERLOCK,)


def test_a_secure_interlock_is_no_reason() -> None:
    assert why(card(DIRECTOR), now(interlock_secure=True), interlock=Interlock(("inner",))) == ()


def test_a_room_without_an_interlock_does_not_ask_for_one() -> None:
    assert why(card(DIRECTOR), now(interlock_secure=False)) == ()


def test_nobody_enters_without_a_list() -> None:
    assert why(card(DIRECTOR), replace(now(), list_made_at=None)) == (Reason.LIST_MISSING,)


def test_without_a_list_an_unknown_card_and_a_wrong_code_are_not_told_so() -> None:
    nothing = replace(now(), list_made_at=None)
    assert (why(card(None), nothing), why(code(None), nothing)) == ((Reason.LIST_MISSING,),) * 2


def test_a_list_older_than_the_revocation_age_no_longer_counts() -> None:
    old = replace(now(), list_made_at=EIGHT - DAY - 1)
    assert why(card(DIRECTOR), old, revocation_age_hours=24) == (Reason.LIST_TOO_OLD,)


def test_a_list_of_the_revocation_age_counts() -> None:
    assert why(card(DIRECTOR), replace(now(), list_made_at=EIGHT - DAY), revocation_age_hours=24) == ()


def test_a_list_of_any_age_counts_by_default() -> None:
    assert why(card(DIRECTOR), replace(now(), list_made_at=0)) == ()


def test_nobody_enters_without_a_record() -> None:
    assert why(card(DIRECTOR), now(record_possible=False)) == (Reason.STORAGE_FAILED,)


def test_custodians_enter_without_a_record_for_as_long_as_the_policy_says() -> None:
    failed = now(record_possible=False, record_failed_s=2 * HOUR - 1)
    assert why(card(DIRECTOR), failed, custodians_without_record_hours=2) == ()


def test_custodians_enter_without_a_record_no_longer_than_that() -> None:
    failed = now(record_possible=False, record_failed_s=2 * HOUR)
    assert why(card(DIRECTOR), failed, custodians_without_record_hours=2) == (Reason.STORAGE_FAILED,)


def test_nobody_else_enters_without_a_record() -> None:
    failed = now(record_possible=False)
    assert why(code(approval()), failed, custodians_without_record_hours=2) == (Reason.STORAGE_FAILED,)


def test_a_lock_that_does_not_answer_lets_nobody_in() -> None:
    assert why(card(DIRECTOR), now(lock_works=False)) == (Reason.LOCK_FAULT,)


def test_a_lock_that_works_is_no_reason() -> None:
    assert why(card(DIRECTOR), now(lock_works=True)) == ()


# ---------------------------------------------------------------- all at once


def test_every_reason_is_given_at_once() -> None:
    memory = replace(INSIDE, lockdown=True, permit=PERMIT, used={"V-1": Use(1, EIGHT)})
    against: Approval = approval(room="south_gate", withdrawn=True, approver="", not_after=EIGHT)
    credential = replace(
        card(DIRECTOR).found.credential,  # type: ignore[union-attr,type-var]
        trust=Trust.PROVED,
        disabled=True,
        valid_from=EIGHT + 1,
    )
    standing = replace(
        now(memory), list_made_at=0, record_possible=False, interlock_secure=False, lock_works=False, today=None
    )
    asked = Asked(Found(1, credential, DIRECTOR, (against,)), Trust.NUMBER)
    assert set(
        why(
            asked,
            standing,
            trust=Trust.PROVED,
            custodian_schedule="night",
            anti_passback=HARD,
            interlock=Interlock(("inner",)),
            first_in=FirstIn(),
            revocation_age_hours=1,
        )
    ) == {
        Reason.LOCKDOWN,
        Reason.STORAGE_FAILED,
        Reason.LOCK_FAULT,
        Reason.INTERLOCK,
        Reason.MAINTENANCE,
        Reason.LIST_TOO_OLD,
        Reason.DISABLED,
        Reason.NOT_YET_VALID,
        Reason.NOT_PROVED,
        Reason.TRUST_TOO_LOW,
        Reason.ANTI_PASSBACK,
        Reason.OUTSIDE_SCHEDULE,
        Reason.WRONG_ROOM,
        Reason.APPROVAL_WITHDRAWN,
        Reason.APPROVAL_USED_UP,
        Reason.REGISTER_INCOMPLETE,
        Reason.EXPIRED,
        Reason.FIRST_PERSON_NOT_IN,
    }


def test_a_reason_that_several_grounds_share_is_given_once() -> None:
    late = (approval(1, not_after=EIGHT), approval(2, not_after=EIGHT))
    assert why(card(TEACHER, *late)) == (Reason.EXPIRED,)


def test_a_ground_that_fails_is_no_reason_where_another_holds() -> None:
    refused = why(card(DIRECTOR, approval(withdrawn=True)), now(Memory(lockdown=True)))
    assert refused == (Reason.LOCKDOWN,)


# ---------------------------------------------------------------- duress


def test_a_duress_card_opens_like_its_twin_and_says_so() -> None:
    assert asks(card(DIRECTOR, duress=True)) == Granted(Grounds.CUSTODIAN, How.CARD, "王大明", person=1, duress=True)


def test_a_duress_code_opens_like_its_twin_and_says_so() -> None:
    decision = asks(code(approval(), duress=True))
    assert isinstance(decision, Granted)
    assert decision.duress


def test_duress_is_told_though_the_door_stays_shut() -> None:
    decision = asks(card(DIRECTOR, duress=True), now(Memory(lockdown=True)))
    assert isinstance(decision, Denied)
    assert decision.duress


def test_a_wrong_code_is_no_duress() -> None:
    decision = asks(code(None, duress=True))
    assert isinstance(decision, Denied)
    assert not decision.duress
