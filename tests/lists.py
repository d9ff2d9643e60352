"""A small access list for tests: two people, three cards, three approvals, two codes."""

from pathlib import Path

from kiosk.keys import Secret
from kiosk.roster.access_list import Code, Header, card_mac, code_mac
from kiosk.roster.roster import Roster
from kiosk.roster.writer import Writer, issuer
from kiosk.rules.codes import twin
from kiosk.rules.credentials import Approval, Card, Credential, Person, Trust

ORIGIN = "school.example/doorward/list"
CARD_KEY, CODE_KEY, ISSUER_KEY = Secret(b"c" * 32), Secret(b"k" * 32), Secret(b"i" * 32)
ISSUER = str(issuer(ORIGIN, ISSUER_KEY))
MADE_AT = 1_772_409_600

CHIEF = Person(1, "张三", ("security_chief", "staff"), "保卫科")
TEACHER = Person(7, "李四", ("staff",))
CHIEFS_CARD = Card("em4100", bytes.fromhex("62e3086ced"))
TEACHERS_CARD = Card("em4100", bytes.fromhex("67003b51c6"))
TEACHERS_OTHER_CARD = Card("desfire", bytes.fromhex("04a1b2c3d4e5f6"), Trust.PROVED)
STRANGERS_CARD = Card("em4100", bytes.fromhex("0000000001"))

TEACHERS_ENTRY = Approval("V-1", "main", "李四", "王校长", "检修", 1_772_409_600, 1_772_416_800, person=7)
TEACHERS_LATER = Approval(
    "V-2", "main", "李四", "王校长", "检修", 1_772_500_000, 1_772_510_000, 1, 3, 7, withdrawn=True
)
VISITORS_ENTRY = Approval("V-3", "south_gate", "赵六", "王校长", "参观", 1_772_409_600, 1_772_416_800, headcount=4)
CODE = "12345679"


def credential(card: Card, person: int) -> Credential:
    return Credential(card_mac(CARD_KEY, card), person, card.trust)


CHIEFS = credential(CHIEFS_CARD, 1)
TEACHERS = Credential(card_mac(CARD_KEY, TEACHERS_CARD), 7, Trust.NUMBER, 5, 2_000_000_000, disabled=True, duress=True)
TEACHERS_OTHER = credential(TEACHERS_OTHER_CARD, 7)


def write(folder: Path, version: int = 1) -> Header:
    """Puts the small list in force."""
    with writer(folder, version) as making:
        making.credentials([CHIEFS, TEACHERS, TEACHERS_OTHER])
        making.people([TEACHER, CHIEF])
        making.approvals([TEACHERS_ENTRY, TEACHERS_LATER, VISITORS_ENTRY])
        making.codes(
            [
                Code(code_mac(CODE_KEY, CODE), "V-3"),
                Code(code_mac(CODE_KEY, twin(CODE)), "V-3", duress=True),
            ]
        )
        return making.finish(ISSUER_KEY)


def writer(folder: Path, version: int = 1) -> Writer:
    return Writer(folder, card_key=CARD_KEY, origin=ORIGIN, version=version, made_at=MADE_AT)


def open_list(folder: Path) -> Roster:
    return Roster.open(folder, card_key=CARD_KEY, code_key=CODE_KEY, issuer=ISSUER)
