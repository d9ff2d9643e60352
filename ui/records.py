"""How a person reads the records: one line each, for `doorward records --follow` and for the printed list.

A record says what happened and no more than that, so some sentences need an earlier record: that a visit was taken
means something once its grant has given it a name. `Teller` remembers the names of the visits under way. It never
raises: a fact that is missing stays visible as `{place}`, a kind that is not known is told as it is.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from kiosk.rules.messages import Clock, Kind
from kiosk.rules.record import Record
from kiosk.rules.register import Erased
from kiosk.rules.view import Tone
from ui.words import Translations
from ui.words.terms import N_

_SENTENCES: Mapping[str, str] = {
    Kind.STARTED: N_("The door unit started"),
    Kind.STOPPED: N_("The door unit stopped: {why}"),
    Kind.RELEASED: N_("The lock was released: {release}"),
    Kind.RELOCKED: N_("The lock was locked: {release}"),
    Kind.TAKEN: N_("{who} went in"),
    Kind.NOT_TAKEN: N_("{who} did not go in: the door was not opened"),
    Kind.NOT_CARRIED_OUT: N_("The grant for {who} was not carried out"),
    Kind.WAITING: N_("{who} {how}: waiting for {wants}"),
    Kind.LEFT: N_("{who} left, {how}"),
    Kind.OVERSTAYED: N_("{who} was to leave by {due} and is still inside"),
    Kind.FOUND_OPEN: N_("The door stood open when the door unit started"),
    Kind.CLOSED: N_("The door was closed"),
    Kind.FORCED: N_("The door was forced open"),
    Kind.HELD: N_("The door has been held open for {after_s} s"),
    Kind.HELD_WARNING: N_("The door has been open for {after_s} s: warned"),
    Kind.DURESS: N_("Silent alarm: {who} entered under duress, {how}"),
    Kind.CODE_LOCKOUT: N_("{tries} wrong codes: the keypad is locked for {seconds} s"),
    Kind.ANTI_PASSBACK: N_("{who} entered again without having left"),
    Kind.FIRE: N_("Fire signal: the lock is released until a person resets it"),
    Kind.FIRE_CLEAR: N_("The fire signal is gone; the lock stays released until a person resets it"),
    Kind.FIRE_RESET: N_("{by} reset the fire release"),
    Kind.LOCKDOWN: N_("{by} began a lockdown"),
    Kind.LOCKDOWN_END: N_("{by} ended the lockdown"),
    Kind.EVACUATION: N_("{by} began an evacuation"),
    Kind.EVACUATION_END: N_("{by} ended the evacuation"),
    Kind.MAINTENANCE: N_("{by} began works under permit {permit}, approved by {approver}"),
    Kind.ALARM_RESET: N_("{by} reset the alarm"),
    Kind.ORDER_REFUSED: N_('{by} could not "{order}": {why}'),
    Kind.TAMPER: N_("Somebody opened the case or a reader"),
    Kind.TAMPER_CLEAR: N_("The case and the readers are closed again"),
    Kind.INPUT_FAULT: N_("Wiring of {input}: {sense}"),
    Kind.INPUT_BACK: N_("Wiring of {input} works again"),
    Kind.DEVICE_LOST: N_("{device} does not answer: {why}"),
    Kind.DEVICE_BACK: N_("{device} answers again"),
    Kind.BAD_FRAMES: N_("{device} sent {count} frames that are no card"),
    Kind.LIST: N_("Access list {version} is in force: {credentials} credentials, made {made_at}"),
    Kind.LIST_FAILED: N_("The access list was refused: {why}"),
    Kind.CLOCK: N_("The clock moved by {step} s"),
    Kind.STORAGE_FAILED: N_("Records cannot be written: {why}"),
    Kind.STORAGE_BACK: N_("Records are written again; {queued} were written late"),
    Kind.PHOTO: N_("{count} pictures of {who}"),
}

_VARIED: Mapping[str, tuple[tuple[str, str | int, str], ...]] = {
    Kind.STARTED: (("absent", True, N_("The door unit started; not wired: {absent}")),),
    Kind.GRANTED: (
        ("grounds", "custodian", N_("{who} may enter as custodian, {how}")),
        (
            "grounds",
            "maintenance",
            N_("{who} may enter under a work permit, {how}; approved by {approver}: {reason}"),
        ),
        ("", True, N_("{who} may enter, {how}; approved by {approver}: {reason}")),
    ),
    Kind.DENIED: (
        ("name", True, N_("{who} was refused, {how}: {reasons}")),
        ("", True, N_("Refused, {how}: {reasons}")),
    ),
    Kind.TAKEN: (("assumed", True, N_("{who} is taken to have gone in: the door unit stopped meanwhile")),),
    Kind.EXIT: (
        ("off_schedule", True, N_("{who} asked to leave, {how}, outside the hours")),
        ("", True, N_("{who} asked to leave, {how}")),
    ),
    Kind.CODE_LOCKOUT_END: (
        ("by", True, N_("{by} unlocked the keypad")),
        ("", True, N_("The keypad is unlocked again")),
    ),
    Kind.MAINTENANCE_END: (
        ("by", True, N_("{by} ended the works")),
        ("", True, N_("The works ended: {reason}")),
    ),
    Kind.LOCK_FAILED: (
        ("released", True, N_("The lock could not be released: {why}")),
        ("", True, N_("The lock could not be locked: {why}")),
    ),
    Kind.INTERLOCK: (
        ("secure", True, N_("Door {neighbour} is secure")),
        ("", True, N_("Door {neighbour} is not secure")),
    ),
    Kind.PHOTO: (("digest", "", N_("No picture: {why}")), ("count", 0, N_("No picture: {why}"))),
}

_ORDERED = frozenset({Kind.LOCKDOWN, Kind.LOCKDOWN_END, Kind.EVACUATION, Kind.EVACUATION_END, Kind.MAINTENANCE})
_ALARMS = frozenset({Kind.FORCED, Kind.HELD, Kind.DURESS, Kind.TAMPER, Kind.FIRE, Kind.EVACUATION, Kind.CODE_LOCKOUT})
_REFUSED = frozenset({Kind.DENIED, Kind.ORDER_REFUSED, Kind.LOCK_FAILED, Kind.LIST_FAILED, Kind.STORAGE_FAILED})
_WELCOME = frozenset({Kind.GRANTED, Kind.TAKEN, Kind.LEFT})
_FAULTS = frozenset({Kind.INPUT_FAULT, Kind.DEVICE_LOST, Kind.HELD_WARNING, Kind.OVERSTAYED, Kind.FOUND_OPEN})
_ENDED = frozenset({Kind.LEFT, Kind.NOT_TAKEN, Kind.NOT_CARRIED_OUT})
_MOST_VISITS = 1000  # under way at once; beyond it the oldest lose their names, not their lines


class Teller:
    """Tells records in their order. `zone` is the room's time zone."""

    def __init__(self, words: Translations, zone: tzinfo) -> None:
        self._words = words
        self._zone = zone
        self._names: dict[str, str] = {}

    def tell(self, record: Record | Erased) -> str:
        """The whole line: when · what kind · what happened."""
        if isinstance(record, Erased):
            return self._words.text("Record {seq} was erased when its retention ended", seq=record.seq)
        return " · ".join((self.when(record), self._words.term("kind", record.kind), self.what(record)))

    def when(self, record: Record) -> str:
        """Local time; while the clock was not set, the start it was since and the seconds after it."""
        if record.wall is None:
            mono = f"{record.mono_ms / 1000:.3f}"
            return self._words.text("start {boot} + {seconds} s, clock not set", boot=record.boot, seconds=mono)
        return f"{self._local(record.wall // 1000)}" + ("" if record.clock is not Clock.UNSET else "?")

    def what(self, record: Record) -> str:
        """What happened, without when."""
        self._remember(record)
        args = self._args(record)
        msgid = _varied(record.kind, record.facts) or _SENTENCES.get(record.kind)
        if msgid is None:
            told = json.dumps(record.facts, ensure_ascii=False, sort_keys=True, default=str)
            return self._words.text("{kind} {facts}", kind=record.kind, facts=told)
        late = self._words.text(" (written down late)") if record.facts.get("late") else ""
        told = self._words.text(msgid, **args) + self._because(record) + late
        if record.visit is not None and record.kind in _ENDED:
            self._names.pop(record.visit, None)
        return told

    def _remember(self, record: Record) -> None:
        if record.kind == Kind.GRANTED and record.visit is not None:
            self._names[record.visit] = self._named(record.facts)
            if len(self._names) > _MOST_VISITS:
                del self._names[next(iter(self._names))]

    def _because(self, record: Record) -> str:
        reason = record.facts.get("reason") if record.kind in _ORDERED else None
        return self._words.text(": {reason}", reason=reason) if reason else ""

    def _named(self, facts: Mapping[str, Any]) -> str:
        name, headcount = facts.get("name") or "", facts.get("headcount", 1)
        return self._words.text("{name} ({headcount})", name=name, headcount=headcount) if headcount != 1 else name

    def _args(self, record: Record) -> dict[str, str | int]:
        facts = record.facts
        args: dict[str, str | int] = {key: value for key, value in facts.items() if isinstance(value, str | int)}
        name = self._names.get(record.visit or "") or self._named(facts)
        args["who"] = name or self._words.text("somebody")
        args["release"] = facts.get("reason", "")
        args["reasons"] = self._words.terms("reasons", _strings(facts.get("reasons")))
        args["absent"] = self._words.terms("inputs", _strings(facts.get("absent")))
        args["neighbour"] = str(facts.get("neighbour") or facts.get("door", "?"))
        for key in ("due", "made_at"):
            if isinstance(facts.get(key), int):
                args[key] = self._local(facts[key])
        if isinstance(facts.get("step_ms"), int):
            args["step"] = f"{facts['step_ms'] / 1000:+.3f}"
        if isinstance(permit := facts.get("permit"), dict):
            args |= {"permit": str(permit.get("id", "")), "approver": str(permit.get("approver", ""))}
        return args

    def _local(self, seconds: int) -> str:
        try:
            return datetime.fromtimestamp(seconds, UTC).astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")
        except (OverflowError, OSError, ValueError):
            return str(seconds)


def sentence(record: Record | Erased, words: Translations, zone: tzinfo) -> str:
    """One record on its own, without what came before it."""
    return Teller(words, zone).tell(record)


def tone(record: Record | Erased) -> Tone:
    """How much a line matters: the colour is the command line's."""
    kind = "" if isinstance(record, Erased) else record.kind
    tones = ((_ALARMS, Tone.ALARM), (_REFUSED, Tone.REFUSED), (_WELCOME, Tone.WELCOME), (_FAULTS, Tone.WAIT))
    return next((tone for kinds, tone in tones if kind in kinds), Tone.CALM)


def _strings(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list | tuple) else []


def _varied(kind: str, facts: Mapping[str, Any]) -> str | None:
    """The sentence of a kind that has more than one, by the first of its facts that is there."""
    if kind == Kind.INTERLOCK and facts.get("secure") is None:
        return N_("Whether door {neighbour} is secure is not known")
    for fact, value, msgid in _VARIED.get(kind, ()):
        if not fact or facts.get(fact) == value or (value is True and facts.get(fact)):
            return msgid
    return None
