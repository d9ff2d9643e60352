from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rules.messages import Clock, Kind
from kiosk.rules.record import Record
from kiosk.rules.register import Erased
from kiosk.rules.view import Tone
from ui.records import Teller, sentence, tone
from ui.words import load

TAIAN = timezone(timedelta(hours=8))
ZH, EN = load("zh"), load("en")

GRANTED: dict[str, Any] = {
    "how": "code",
    "name": "王明",
    "grounds": "approval",
    "headcount": 3,
    "approver": "陈校长",
    "reason": "更换硬盘",
}


def record(kind: str, facts: dict[str, Any] | None = None, visit: str | None = None) -> Record:
    at = "2026-03-16T00:02:11.000Z"
    return Record(7, 3, 12_345, at, Clock.SYNCED, "south-gate", kind, "00" * 16, visit, facts or {})


def unset(kind: str) -> Record:
    return Record(7, 3, 12_345, None, Clock.UNSET, "south-gate", kind, "00" * 16)


def what(kind: str, facts: dict[str, Any] | None = None) -> str:
    return Teller(ZH, TAIAN).what(record(kind, facts))


def test_a_record_is_one_line_with_its_local_time() -> None:
    assert sentence(record(Kind.GRANTED, GRANTED), ZH, TAIAN) == (
        "2026-03-16 08:02:11 · 准许进入 · 准许王明（3）进入（审批码）；批准人：陈校长；事由：更换硬盘"
    )


def test_the_same_line_in_english() -> None:
    assert sentence(record(Kind.GRANTED, GRANTED), EN, TAIAN) == (
        "2026-03-16 08:02:11 · Granted · 王明 (3) may enter, by approval code; approved by 陈校长: 更换硬盘"
    )


def test_a_record_without_a_clock_says_how_long_after_which_start_it_was() -> None:
    assert Teller(EN, TAIAN).when(unset(Kind.FORCED)) == "start 3 + 12.345 s, clock not set"


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        (Kind.STARTED, {"absent": []}, "门禁主机启动"),
        (Kind.STARTED, {"absent": ["fire", "tamper"]}, "门禁主机启动；未接线：火警信号；防拆开关"),
        (Kind.GRANTED, {**GRANTED, "grounds": "custodian", "headcount": 1}, "准许王明进入（责任人，审批码）"),
        (
            Kind.GRANTED,
            {**GRANTED, "grounds": "custodian", "late": True},
            "准许王明（3）进入（责任人，审批码）（事后补记）",
        ),
        (Kind.DENIED, {"how": "card", "name": "", "reasons": ["unknown_credential"]}, "拒绝进入（刷卡）：未登记的卡"),
        (
            Kind.DENIED,
            {"how": "card", "name": "王明", "reasons": ["lockdown", "disabled"]},
            "拒绝王明进入（刷卡）：封锁；卡已停用",
        ),
        (Kind.EXIT, {"how": "button", "name": "", "off_schedule": False}, "有人请求外出（出门按钮）"),
        (Kind.LOCKDOWN, {"by": "赵国强", "reason": "演练"}, "赵国强开始封锁：演练"),
        (Kind.LOCKDOWN, {"by": "赵国强", "reason": ""}, "赵国强开始封锁"),
        (Kind.MAINTENANCE_END, {"by": "", "reason": "the permit ran out"}, "施工结束：施工许可已到期"),
        (
            Kind.ORDER_REFUSED,
            {"order": "fire_reset", "by": "赵国强", "why": "the fire signal is still there"},
            "赵国强的指令“火警后重新上锁”未执行：火警信号尚未消失",
        ),
        (Kind.LOCK_FAILED, {"released": True, "why": "EIO"}, "门锁未能打开：EIO"),
        (Kind.LOCK_FAILED, {"released": False, "why": "EIO"}, "门锁未能上锁：EIO"),
        (Kind.CLOCK, {"step_ms": -1500}, "时钟调整了 -1.500 秒"),
        (Kind.INTERLOCK, {"neighbour": "inner", "secure": None}, "inner 门是否关锁不详"),
        (Kind.INTERLOCK, {"neighbour": "inner", "secure": False}, "inner 门未关锁"),
        (Kind.PHOTO, {"digest": "", "count": 0, "why": "no camera"}, "未拍到照片：no camera"),
        (Kind.OVERSTAYED, {"name": "王明", "due": 1773619200}, "王明应于 2026-03-16 08:00:00 前离开，仍在室内"),
    ],
)
def test_what_happened_is_said_plainly(kind: Kind, facts: dict[str, Any], said: str) -> None:
    assert what(kind, facts) == said


def test_a_passage_has_the_name_of_its_grant() -> None:
    teller = Teller(ZH, TAIAN)
    teller.tell(record(Kind.GRANTED, GRANTED, "v1"))
    assert teller.what(record(Kind.TAKEN, {}, "v1")) == "王明（3）进入"


def test_a_name_is_forgotten_when_its_visit_ended() -> None:
    teller = Teller(ZH, TAIAN)
    teller.tell(record(Kind.GRANTED, GRANTED, "v1"))
    teller.tell(record(Kind.NOT_TAKEN, {}, "v1"))
    assert teller.what(record(Kind.TAKEN, {}, "v1")) == "有人进入"


def test_many_visits_under_way_lose_the_oldest_name_and_no_line() -> None:
    teller = Teller(ZH, TAIAN)
    for number in range(1001):
        teller.tell(record(Kind.GRANTED, GRANTED, f"v{number}"))
    assert [teller.what(record(Kind.TAKEN, {}, visit)) for visit in ("v0", "v1000")] == ["有人进入", "王明（3）进入"]


def test_an_erased_record_says_so() -> None:
    assert sentence(Erased(7), ZH, TAIAN) == "第 7 号记录保存期满，内容已清除"


def test_a_kind_of_a_newer_door_is_told_as_it_is() -> None:
    assert (
        sentence(record("levitated", {"by": 3}), EN, TAIAN) == '2026-03-16 08:02:11 · levitated · levitated {"by": 3}'
    )


def test_a_name_cannot_move_the_cursor() -> None:
    assert "\x1b" not in sentence(record(Kind.GRANTED, {**GRANTED, "name": "\x1b[2J王"}), ZH, TAIAN)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("words", [ZH, EN])
def test_every_kind_is_a_sentence_though_its_facts_be_missing(kind: Kind, words: Any) -> None:
    assert "{" + kind not in Teller(words, TAIAN).what(record(kind))
    assert not Teller(words, TAIAN).what(record(kind)).startswith(kind)


@given(
    st.sampled_from(sorted(Kind)),
    st.dictionaries(
        st.sampled_from(["reasons", "absent", "due", "made_at", "step_ms", "permit", "name", "headcount", "how", "by"]),
        st.none() | st.integers(-(2**53), 2**53) | st.text() | st.lists(st.integers()) | st.booleans(),
    ),
)
def test_no_fact_makes_it_raise(kind: str, facts: dict[str, Any]) -> None:
    assert "\n" not in sentence(record(kind, facts, "v1"), ZH, TAIAN)


@pytest.mark.parametrize(
    ("kind", "matters"),
    [
        (Kind.FORCED, Tone.ALARM),
        (Kind.DENIED, Tone.REFUSED),
        (Kind.GRANTED, Tone.WELCOME),
        (Kind.DEVICE_LOST, Tone.WAIT),
        (Kind.LIST, Tone.CALM),
    ],
)
def test_a_line_matters_as_much_as_what_it_tells(kind: Kind, matters: Tone) -> None:
    assert tone(record(kind)) is matters


def test_an_erased_record_is_calm() -> None:
    assert tone(Erased(1)) is Tone.CALM
