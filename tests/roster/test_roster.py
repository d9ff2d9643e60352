"""What the door reads of the access list, and what it makes of a list that is not as its issuer wrote it."""

import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kiosk.keys import Secret
from kiosk.roster.access_list import CURRENT, Header, card_mac, parse_header
from kiosk.roster.roster import Roster, RosterError, check
from kiosk.roster.writer import PAGE, issuer
from kiosk.rules.checkpoint import Note, parse_note
from kiosk.rules.credentials import Card, CodeMatch, Found, Person, Trust
from tests import lists


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lists.write(tmp_path)
    return tmp_path


@pytest.fixture
def roster(folder: Path) -> Iterator[Roster]:
    with closing(lists.open_list(folder)) as opened:
        yield opened


def test_the_list_says_its_version_its_time_and_its_size(roster: Roster) -> None:
    assert (roster.version, roster.made_at, roster.count) == (1, lists.MADE_AT, 3)


def test_a_known_card_is_found_with_its_holder(roster: Roster) -> None:
    assert roster.find(lists.CHIEFS_CARD) == Found(lists.CHIEFS.mac, lists.CHIEFS, lists.CHIEF)


def test_a_card_brings_every_field_of_its_credential_and_its_holders_approvals(roster: Roster) -> None:
    assert roster.find(lists.TEACHERS_CARD) == Found(
        lists.TEACHERS.mac, lists.TEACHERS, lists.TEACHER, (lists.TEACHERS_ENTRY, lists.TEACHERS_LATER)
    )


def test_an_unknown_card_is_nothing_but_its_mac(roster: Roster) -> None:
    assert roster.find(lists.STRANGERS_CARD) == Found(card_mac(lists.CARD_KEY, lists.STRANGERS_CARD))


def test_the_same_number_of_another_technology_is_another_card(roster: Roster) -> None:
    assert roster.find(Card("gwiot", lists.CHIEFS_CARD.number)).credential is None


@given(
    st.dictionaries(st.binary(min_size=1, max_size=10), st.tuples(st.sampled_from(Trust), st.booleans()), max_size=40),
    st.lists(st.binary(min_size=1, max_size=10), max_size=10),
)
@settings(max_examples=30, deadline=None)
def test_whatever_stands_in_the_list_is_found_and_nothing_else(
    listed: dict[bytes, tuple[Trust, bool]], others: list[bytes]
) -> None:
    cards = {number: Card("uid", number, trust) for number, (trust, _) in listed.items()}
    rows = {number: replace(lists.credential(card, 1), disabled=listed[number][1]) for number, card in cards.items()}
    with TemporaryDirectory() as path, lists.writer(Path(path)) as making:
        making.people([lists.CHIEF])
        making.credentials(rows.values())
        making.finish(lists.ISSUER_KEY)
        with closing(lists.open_list(Path(path))) as opened:
            found = {number: opened.find(Card("uid", number)).credential for number in [*listed, *others]}
    assert found == {number: rows.get(number) for number in [*listed, *others]}


def test_a_list_of_nobody_knows_no_card_and_no_code(tmp_path: Path) -> None:
    with lists.writer(tmp_path) as making:
        making.finish(lists.ISSUER_KEY)
    with closing(lists.open_list(tmp_path)) as empty:
        assert (empty.find(lists.CHIEFS_CARD).credential, empty.match(lists.CODE)) == (None, CodeMatch())


def test_a_code_brings_its_approval(roster: Roster) -> None:
    assert roster.match(lists.CODE) == CodeMatch(lists.VISITORS_ENTRY)


def test_a_code_may_be_typed_with_gaps_and_full_width_digits(roster: Roster) -> None:
    assert roster.match("1234 － ５６７９") == CodeMatch(lists.VISITORS_ENTRY)


def test_a_codes_twin_opens_alike_under_duress(roster: Roster) -> None:
    assert roster.match("12345670") == CodeMatch(lists.VISITORS_ENTRY, duress=True)


@pytest.mark.parametrize("code", ["", "12345678", "1234567", "123456790", "x" * 10_000, "１２\0"])
def test_a_wrong_code_matches_nothing(roster: Roster, code: str) -> None:
    assert roster.match(code) == CodeMatch()


@pytest.mark.parametrize("code", [lists.CODE, "00000000"])
def test_a_right_and_a_wrong_code_run_the_same_steps_of_the_database(folder: Path, code: str) -> None:
    with closing(lists.open_list(folder)) as opened:
        statements: list[str] = []
        opened._connection.set_trace_callback(statements.append)
        opened.match(code)
        assert len(statements) == 1


def test_a_right_and_a_wrong_code_prove_as_many_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proved: dict[str, int] = {}
    with closing(lists.open_list(folder)) as opened:
        seal = opened._sealer._seal
        for code in (lists.CODE, "00000000", "99999999"):
            sealed: list[bytes] = []
            monkeypatch.setattr(
                opened._sealer, "_seal", lambda message, into=sealed: (into.append(message), seal(message))[1]
            )
            opened.match(code)
            proved[code] = len(sealed)
    assert proved == {lists.CODE: 2, "00000000": 2, "99999999": 2}


def test_a_person_is_found_by_number(roster: Roster) -> None:
    assert (roster.person(7), roster.person(8)) == (lists.TEACHER, None)


def test_no_card_number_and_no_code_stands_in_the_file(folder: Path) -> None:
    written = (folder / "access-1.db").read_bytes()
    clear = (lists.CHIEFS_CARD.number, lists.CHIEFS_CARD.number.hex().encode(), lists.CODE.encode())
    assert not [secret for secret in clear if secret in written]


# ---------------------------------------------------------------- the note and the whole file


def test_a_folder_without_a_list_says_so(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match=r"There is no access list in .*: import one"):
        lists.open_list(tmp_path)


def test_the_note_states_what_the_writer_answered(tmp_path: Path) -> None:
    written = lists.write(tmp_path)
    assert (
        parse_header(parse_note((tmp_path / CURRENT).read_bytes()).text)
        == written
        == check(tmp_path, issuer=lists.ISSUER)
    )


def test_another_issuers_list_is_refused(folder: Path) -> None:
    with pytest.raises(RosterError, match="did not sign it"):
        check(folder, issuer=str(issuer(lists.ORIGIN, Secret(b"x" * 32))))


def test_another_sites_list_of_the_same_issuer_is_refused(folder: Path) -> None:
    note = parse_note((folder / CURRENT).read_bytes())
    stated = parse_header(note.text)
    text = replace(stated, origin="other.example/doorward/list").text
    value = Ed25519PrivateKey.from_private_bytes(lists.ISSUER_KEY.reveal()).sign(text.encode())
    (folder / CURRENT).write_bytes(Note(text, (replace(note.signatures[0], value=value),)).encode())
    with pytest.raises(RosterError, match=r"It is the list of other.example"):
        check(folder, issuer=lists.ISSUER)


def test_every_changed_byte_of_the_note_is_refused(folder: Path) -> None:
    path = folder / CURRENT
    note = path.read_bytes()
    believed = []
    for at in range(len(note)):
        path.write_bytes(note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :])
        try:
            believed.append(check(folder, issuer=lists.ISSUER))
        except RosterError:
            continue
    assert believed == []


def test_a_note_without_end_is_refused(folder: Path) -> None:
    (folder / CURRENT).write_bytes(b"x" * 1_000_000)
    with pytest.raises(RosterError, match="not to be believed"):
        check(folder, issuer=lists.ISSUER)


@pytest.mark.parametrize(
    "text", ["", "a\n", "o\nversion 0\nmade_at 1\ncredentials 1\nsize 1\nsha256 x\n", "o\nversion 1\nmade_at -1\n"]
)
def test_a_text_that_states_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an access list's"):
        parse_header(text)


def test_a_file_of_another_size_is_refused_at_once(folder: Path) -> None:
    with (folder / "access-1.db").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(RosterError, match="bytes, and its note says"):
        lists.open_list(folder)


def test_the_full_check_finds_a_flipped_bit_anywhere(folder: Path) -> None:
    path = folder / "access-1.db"
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 3] ^= 4
    path.write_bytes(whole)
    with pytest.raises(RosterError, match="not what its issuer signed"):
        check(folder, issuer=lists.ISSUER)


def test_a_missing_file_is_said(folder: Path) -> None:
    (folder / "access-1.db").unlink()
    with pytest.raises(RosterError, match="cannot be read: No such file"):
        lists.open_list(folder)


# ---------------------------------------------------------------- rows that are not as they were written (F6)


def altered(folder: Path, statement: str) -> None:
    """Changes the file in force by SQL and leaves its size alone, as somebody with root but no key might."""
    path = folder / "access-1.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credentials SET person = 1",
        "UPDATE credentials SET valid_to = 2000000001 WHERE valid_to > 0",
        "UPDATE credentials SET flags = 1",
        "UPDATE people SET roles = 'principal' WHERE id = 7",
        "UPDATE people SET approvals = 0 WHERE id = 7",
        "UPDATE people SET approvals = 1 WHERE id = 7",
        "UPDATE approvals SET withdrawn = 0 WHERE n = 2",
        "UPDATE approvals SET not_after = not_after + 1",
        "UPDATE approvals SET person = 1 WHERE n = 1",
        "DELETE FROM approvals WHERE n = 1",
        "DELETE FROM people WHERE id = 7",
        "DELETE FROM credentials WHERE flags = 13",
        "DELETE FROM credentials",
    ],
)
def test_a_changed_row_is_damage_and_never_an_unknown_card(folder: Path, statement: str) -> None:
    altered(folder, statement)
    with (
        closing(lists.open_list(folder)) as opened,
        pytest.raises(RosterError, match=r"is damaged at .*: import it again"),
    ):
        opened.find(lists.TEACHERS_CARD)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE codes SET duress = 1",
        "UPDATE codes SET approval = 1",
        "UPDATE approvals SET room = 'main'",
        "DELETE FROM codes WHERE duress = 0",
        "DELETE FROM approvals",
    ],
)
def test_a_changed_row_is_damage_and_never_a_wrong_code(folder: Path, statement: str) -> None:
    altered(folder, statement)
    with closing(lists.open_list(folder)) as opened, pytest.raises(RosterError, match="is damaged at"):
        opened.match(lists.CODE)


def test_a_row_of_an_older_list_is_damage_in_a_newer_one(folder: Path) -> None:
    lists.write(folder, 2)
    with closing(sqlite3.connect(folder / "access-2.db")) as connection:
        connection.execute("ATTACH ? AS old", (str(folder / "access-1.db"),))
        connection.execute("REPLACE INTO people SELECT * FROM old.people")
        connection.commit()
    with closing(lists.open_list(folder)) as opened, pytest.raises(RosterError, match="damaged at a person"):
        opened.find(lists.CHIEFS_CARD)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE meta SET version = 2",
        "DELETE FROM meta",
        "CREATE VIEW more AS SELECT 1",
        "CREATE TRIGGER t AFTER INSERT ON meta BEGIN SELECT 1; END",
    ],
)
def test_a_file_of_another_shape_or_head_is_refused_at_once(folder: Path, statement: str) -> None:
    altered(folder, statement)
    stated = check_size(folder)
    with pytest.raises(RosterError, match=r"damaged at its (tables|head)"):
        Roster(folder, stated, card_key=lists.CARD_KEY, code_key=lists.CODE_KEY, issuer=lists.ISSUER)


def check_size(folder: Path) -> Header:
    """The note's header, as if it stated the file's size of now."""
    stated = parse_header(parse_note((folder / CURRENT).read_bytes()).text)
    return replace(stated, size=(folder / "access-1.db").stat().st_size)


CARDS = [Card("em4100", number.to_bytes(5, "big")) for number in range(3_000)]
ASKED = [*CARDS[::40], *(Card("em4100", (2**39 + at).to_bytes(5, "big")) for at in range(20))]


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """A list of so many rows that its tables are trees of two levels."""
    with lists.writer(tmp_path) as making:
        making.people(Person(number, f"人{number}", ("staff",)) for number in range(1, 1_501))
        making.credentials(lists.credential(card, at // 2 + 1) for at, card in enumerate(CARDS))
        making.approvals([lists.TEACHERS_ENTRY, lists.VISITORS_ENTRY])
        making.finish(lists.ISSUER_KEY)
    return tmp_path


def lies(folder: Path, places: Iterable[int], chance: random.Random) -> list[tuple[Found, Found]]:
    """What the list answered falsely with one bit flipped in the byte at each of these places, one after another."""
    with closing(lists.open_list(folder)) as opened:
        truth = [opened.find(card) for card in ASKED]
    path = folder / "access-1.db"
    whole = path.read_bytes()
    false: list[tuple[Found, Found]] = []
    for at in places:
        damaged = bytearray(whole)
        damaged[at] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        false += [(got, true) for got, true in zip(answers(folder, ASKED), truth, strict=False) if got != true]
    return false


def test_500_flipped_bits_give_the_truth_or_damage(wide: Path) -> None:
    chance = random.Random(6)  # noqa: S311 - to be the same each time
    size = (wide / "access-1.db").stat().st_size
    assert lies(wide, (chance.randrange(size) for _ in range(500)), chance) == []


def test_a_flipped_bit_that_leads_the_search_astray_gives_the_truth_or_damage(wide: Path) -> None:
    chance = random.Random(7)  # noqa: S311
    with closing(sqlite3.connect(wide / "access-1.db")) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'credentials'").fetchone()
    page = (wide / "access-1.db").read_bytes()[(root - 1) * PAGE : root * PAGE]
    assert lies(wide, ((root - 1) * PAGE + at for at, byte in enumerate(page) if byte), chance) == []


def answers(folder: Path, asked: list[Card]) -> Iterator[Found]:
    """What the list answers until it says that it is damaged."""
    try:
        with closing(lists.open_list(folder)) as opened:
            for card in asked:
                yield opened.find(card)
    except RosterError:
        return


# ---------------------------------------------------------------- a new list


def test_a_checked_newer_list_takes_the_place_of_the_old(folder: Path) -> None:
    old = lists.open_list(folder)
    lists.write(folder, 2)
    with closing(old.swap(check(folder, issuer=lists.ISSUER))) as fresh:
        assert (fresh.version, fresh.find(lists.CHIEFS_CARD).person) == (2, lists.CHIEF)


def test_the_old_list_answers_on_while_its_file_is_swept_away(folder: Path, roster: Roster) -> None:
    for version in (2, 3, 4):
        lists.write(folder, version)
    assert (roster.find(lists.CHIEFS_CARD).person, (folder / "access-1.db").exists()) == (lists.CHIEF, False)


def test_an_older_list_is_refused_and_the_newer_stays_open(folder: Path) -> None:
    old = check(folder, issuer=lists.ISSUER)
    lists.write(folder, 2)
    with closing(lists.open_list(folder)) as opened:
        with pytest.raises(RosterError, match="1 is older than 2"):
            opened.swap(old)
        assert opened.find(lists.CHIEFS_CARD).person == lists.CHIEF


def test_a_new_list_that_cannot_be_opened_leaves_the_old_one_open(folder: Path, roster: Roster) -> None:
    newer = lists.write(folder, 2)
    (folder / "access-2.db").unlink()
    with pytest.raises(RosterError, match="cannot be read"):
        roster.swap(newer)
    assert roster.find(lists.CHIEFS_CARD).person == lists.CHIEF
