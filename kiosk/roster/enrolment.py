"""A clerk's tables into an access list: read, everything wrong said at once, then written whole and put in force.

An import replaces the list: who does not stand in the tables does not pass. `sheets` says what the tables look like,
`card_numbers` which numbers are taken, `writer` in which order the list comes into force.

An approval of somebody who has no card gets a code, drawn here, handed back once to be printed, and kept nowhere. An
approval that stands word for word in the list in force keeps the code that it has. `reissue` names those whose
print was lost.
"""

import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from kiosk.keys import Secret, read_or_make
from kiosk.places import Places
from kiosk.problems import Problem
from kiosk.roster.access_list import CURRENT, Code, Header, card_mac, code_mac
from kiosk.roster.draft import Draft, read
from kiosk.roster.roster import Roster, RosterError, check
from kiosk.roster.writer import Writer, issuer, next_version
from kiosk.rules.codes import CHANCE_BYTES, draw, twin
from kiosk.rules.credentials import Approval, Credential
from kiosk.rules.policy import Policy
from kiosk.rules.view import Say

_DRAWS: Final = 1_000

Progress = Callable[[str, int, int], None]  # "read" in bytes or "write" in rows: done, in all


class Keys(Struct, frozen=True):
    """`origin` is the name that the issuer signs under: `<site>/doorward/list`."""

    origin: str
    card: Secret
    code: Secret
    issuer: Secret

    @classmethod
    def of(cls, places: Places, site: str) -> "Keys":
        """Those of a door without a centre, made where there are none. Raises KeyFileError."""
        card, code, issuing = (read_or_make(path) for path in (places.card_key, places.code_key, places.issuer_key))
        return cls(f"{site}/doorward/list", card, code, issuing)

    @property
    def verifier(self) -> str:
        """What a door must be told to believe these lists."""
        return str(issuer(self.origin, self.issuer))


class Issued(Struct, frozen=True):
    """A new code, for one printing."""

    approval: Approval
    code: Secret


class Report(Struct, frozen=True):
    """What came of an import. `version` is None where nothing was put in force: problems, or a dry run."""

    people: int
    cards: int
    approvals: int
    problems: tuple[Problem, ...] = ()
    more: int = 0  # problems beyond those
    notes: tuple[Say, ...] = ()
    before: Header | None = None
    version: int | None = None
    issued: tuple[Issued, ...] = ()


def import_file(
    file: Path,
    folder: Path,
    policy: Policy,
    keys: Keys,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    reissue: Collection[str] = (),
) -> Report:
    """Reads the tables at `file` and, without problems and unless `dry_run`, makes them the list in `folder`.

    A list in force that is damaged is replaced too. Raises ListError, OSError.
    """
    draft = read(file, policy, (lambda done, total: progress("read", done, total)) if progress else None)
    before, damage = in_force(folder, keys)
    notes = draft.notes if damage is None else (*draft.notes, damage)
    report = Report(
        len(draft.people),
        len(draft.cards),
        len(draft.approvals),
        tuple(draft.problems),
        draft.more,
        notes,
        before,
    )
    if draft.problems or dry_run:
        return report
    version, issued = build(draft, folder, keys, before=before, progress=progress, reissue=reissue)
    return replace(report, version=version, issued=issued)


def in_force(folder: Path, keys: Keys) -> tuple[Header | None, Say | None]:
    """The list that an import would replace; and what to tell if there is one that cannot be used."""
    if not (folder / CURRENT).exists():
        return None, None
    try:
        return check(folder, issuer=keys.verifier), None
    except RosterError as error:
        return None, Say("The list in force cannot be used, so every code is new. {why}", {"why": str(error)})


def build(
    draft: Draft,
    folder: Path,
    keys: Keys,
    *,
    before: Header | None = None,
    progress: Progress | None = None,
    reissue: Collection[str] = (),
) -> tuple[int, tuple[Issued, ...]]:
    """Puts the draft in force; its version, and the codes drawn for it. Codes are kept from `before`.

    Raises ListError, or OSError with the list before still in force.
    """
    version = next_version(folder)
    kept = _kept(folder, before, keys) if before else {}
    codes, issued = _codes(draft, {approval: kept[approval] for approval in kept if approval.id not in reissue}, keys)
    with Writer(folder, card_key=keys.card, origin=keys.origin, version=version, made_at=int(time.time())) as writer:
        writer.people(draft.people.values())
        writer.credentials(_credentials(draft, keys.card))
        writer.approvals(draft.approvals)
        writer.codes(codes)
        writer.finish(keys.issuer, (lambda done, total: progress("write", done, total)) if progress else None)
    return version, issued


def _credentials(draft: Draft, card_key: Secret) -> Iterator[Credential]:
    for line in draft.cards:
        mac, trust = card_mac(card_key, line.card), line.card.trust
        yield Credential(mac, line.person, trust, line.valid_from, line.valid_to, line.disabled, line.duress)


def _kept(folder: Path, before: Header, keys: Keys) -> dict[Approval, tuple[Code, ...]]:
    roster = Roster(folder, before, card_key=keys.card, code_key=keys.code, issuer=keys.verifier)
    try:
        return roster.codes()
    finally:
        roster.close()


def _codes(
    draft: Draft, kept: Mapping[Approval, tuple[Code, ...]], keys: Keys
) -> tuple[list[Code], tuple[Issued, ...]]:
    """The codes of all approvals that want one, and those of them that are new."""
    wanting = _without_card(draft)
    codes = [code for approval in wanting for code in kept.get(approval, ())]
    taken = {code.mac for code in codes}
    issued = []
    for approval in wanting:
        if approval in kept:
            continue
        chances = (secrets.token_bytes(CHANCE_BYTES) for _ in range(_DRAWS))
        code = draw(chances, lambda drawn: code_mac(keys.code, drawn) in taken, draft.digits[approval.room])
        pair = [
            Code(code_mac(keys.code, code), approval.id),
            Code(code_mac(keys.code, twin(code)), approval.id, duress=True),
        ]
        codes += pair
        taken.update(one.mac for one in pair)
        issued.append(Issued(approval, Secret(code.encode())))
    return codes, tuple(issued)


def _without_card(draft: Draft) -> list[Approval]:
    wanted = {approval.person for approval in draft.approvals}
    carded = {line.person for line in draft.cards if line.person in wanted and not line.disabled}
    return [approval for approval in draft.approvals if not approval.withdrawn and approval.person not in carded]
