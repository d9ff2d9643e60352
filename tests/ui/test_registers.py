"""Registers as files: what they look like, what they carry, and that they are whole or not there."""

import csv
import hashlib
import io
import json
import stat
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from kiosk.keys import Secret
from kiosk.ledger import Ledger, LedgerReader
from kiosk.ledger.verify import verify
from kiosk.rules.messages import Append, Clock, Kind, Moment
from kiosk.rules.policy import Policy, Right, Role, Room, Words
from kiosk.rules.register import Erased, Period, RegisterLine, Show, Stay
from kiosk.rules.view import Say
from ui.registers import Exported, ExportError, Format, What, export, forms
from ui.registers.files import TooManyRowsError, write_csv, write_xlsx
from ui.registers.fonts import RARE, TEXT, Face, FontError, Fonts
from ui.registers.paper import BODY, END_ROW, HEADING, SIGNING, Laid, paginate, wrap, write_pdf
from ui.registers.sheet import Row, Sheet, Source, grouped
from ui.registers.whole import whole
from ui.words import load

needs_fonts = pytest.mark.skipif(
    not all(face.path.exists() for face in (TEXT, *RARE)),
    reason="apt-get install fonts-wqy-microhei fonts-babelstone-han fonts-hanazono",
)

TAIAN = timezone(timedelta(hours=8))
DAY = date(2026, 3, 16)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
EIGHT = datetime(2026, 3, 16, 8, 0, tzinfo=TAIAN)
ZH, EN = load("zh"), load("en")
SOURCE = Source("taishan/doorward/main", 18_342, bytes(range(32)))

ROOM = Room(
    name=Words("总监控室", "Main control room"),
    place=Words("办公楼二楼", "Office building, floor 2"),
    watches=Words("全校", "The whole school"),
    custodians=("director",),
    approvers=("principal",),
    responsible="周明远",
)
POLICY = Policy(
    school=Words("泰安市泰山外国语学校", "Taishan Foreign Language School"),
    zone=TAIAN,
    roles={
        "director": Role(Words("学工处主任", "Director"), may=(Right.DOWNLOAD_REGISTERS, Right.ADMINISTER)),
        "security_chief": Role(Words("保卫科科长", "Security chief"), may=(Right.DOWNLOAD_REGISTERS,)),
        "principal": Role(Words("校长", "Principal")),
    },
    rooms={"main": ROOM},
)

VISIT = RegisterLine(
    seqs=(0, 1, 2),
    day=DAY,
    name="王明",
    headcount=3,
    approver="陈校长",
    entered=EIGHT,
    left=EIGHT + timedelta(minutes=41),
    stay=Stay.LEFT,
    reason="更换硬盘",
    remarks=(Say("Escorted by {names}", {"names": "周明远"}),),
    visit="v1",
)


def line(**changes: Any) -> RegisterLine:
    return RegisterLine(**{**{name: getattr(VISIT, name) for name in VISIT.__struct_fields__}, **changes})


def sheet(stamp: str = "") -> Sheet:
    return forms.entry_exit(POLICY, ROOM, MARCH, SOURCE, ZH, stamp)


def rows(count: int) -> list[Row]:
    return [forms.cells(line(name=f"人{number}"), ZH) for number in range(count)]


def printed(table: list[Row], stamp: str = "") -> PdfReader:
    out = io.BytesIO()
    write_pdf(out, sheet(stamp), table)
    return PdfReader(out)


def text(pdf: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in pdf.pages)


# ---------------------------------------------------------------- the form of annex 2


def test_the_columns_are_those_of_annex_2_in_their_order() -> None:
    heads = [column.head for column in sheet().columns]
    assert heads == ["日期", "姓名（人数）", "批准人", "出入时间", "事由", "备注"]


def test_a_visit_is_one_row() -> None:
    assert forms.cells(VISIT, ZH) == (
        "2026-03-16",
        "王明（3）",
        "陈校长",
        "08:00–08:41",
        "更换硬盘",
        "由周明远陪同",
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stay": Stay.INSIDE, "left": None}, "08:00–未登记离开"),
        ({"stay": Stay.UNSEEN, "left": None}, "08:00–时间不详"),
        ({"entered": None, "left": None, "stay": Stay.INSIDE}, "时间不详–未登记离开"),
        ({"left": EIGHT + timedelta(hours=16)}, "08:00–次日00:00"),
        ({"left": EIGHT + timedelta(days=3)}, "08:00– 2026-03-19 08:00"),
        ({"left": None}, "08:00–时间不详"),
        ({"entered": None}, "时间不详–08:41"),
        ({"stay": Stay.NONE, "entered": None}, "—"),
        ({"stay": Stay.NONE, "visit": None}, "08:00"),
        ({"stay": Stay.NONE, "visit": None, "entered": None}, "时间不详"),
    ],
)
def test_times_in_and_out_say_what_is_known(changes: dict[str, Any], said: str) -> None:
    assert forms.times(line(**changes), ZH) == said


def test_a_custodian_has_the_standing_right_for_an_approver() -> None:
    assert forms.cells(line(custodian=True, approver=""), ZH)[2] == "责任人（常设）"


def test_one_alone_is_not_counted() -> None:
    assert forms.party(line(headcount=1), ZH) == "王明"


def test_an_open_period_says_so() -> None:
    assert forms.told(Period(None, DAY), ZH) == "首条记录 至 2026-03-16"


def test_who_downloads_the_registers_signs_them_and_not_the_administrator() -> None:
    assert sheet().signers == ("保卫科科长",)


def test_the_list_of_records_tells_an_erased_one() -> None:
    assert list(forms.record_cells([Erased(4)], ZH, TAIAN)) == [("4", "—", "—", "第 4 号记录保存期满，内容已清除")]


# ---------------------------------------------------------------- CSV


def test_a_csv_file_is_what_excel_reads() -> None:
    out = io.BytesIO()
    write_csv(out, sheet(), [forms.cells(VISIT, ZH)])
    assert out.getvalue().decode("utf-8-sig").split("\r\n") == [
        "日期,姓名（人数）,批准人,出入时间,事由,备注",
        "2026-03-16,王明（3）,陈校长,08:00–08:41,更换硬盘,由周明远陪同",
        "",
    ]
    assert out.getvalue().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_a_reason_in_a_csv_file_is_never_a_formula(sign: str) -> None:
    out = io.BytesIO()
    write_csv(out, sheet(), [forms.cells(line(reason=f"{sign}cmd|' /C calc'!A0"), ZH)])
    cells = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"))))[1]
    assert cells[4] == f"'{sign}cmd|' /C calc'!A0"


def test_a_control_character_does_not_reach_a_csv_file() -> None:
    out = io.BytesIO()
    write_csv(out, sheet(), [forms.cells(line(name="王\x1b[2J"), ZH)])
    assert "王\ufffd[2J" in out.getvalue().decode("utf-8-sig")


# ---------------------------------------------------------------- XLSX


def workbook(table: list[Row], stamp: str = "") -> Any:
    out = io.BytesIO()
    write_xlsx(out, sheet(stamp), table)
    return openpyxl.load_workbook(out).active


def test_a_workbook_has_the_heading_the_columns_and_the_rows() -> None:
    page = workbook([forms.cells(VISIT, ZH)])
    assert [page["A1"].value, page["A2"].value] == ["泰安市泰山外国语学校", "监控室出入人员登记表"]
    assert [cell.value for cell in page[4]] == ["日期", "姓名（人数）", "批准人", "出入时间", "事由", "备注"]
    assert [cell.value for cell in page[5]] == list(forms.cells(VISIT, ZH))


def test_every_cell_of_a_workbook_is_text() -> None:
    page = workbook([forms.cells(line(reason="=1+1", name="007", approver="http://a.example"), ZH)])
    assert [(cell.value, cell.data_type, cell.hyperlink) for cell in page[5]][1:5:3] == [
        ("007（3）", "s", None),
        ("=1+1", "s", None),
    ]


def test_a_workbook_prints_as_the_form() -> None:
    page = workbook(rows(3))
    setup = page.page_setup
    assert (setup.orientation, setup.paperSize, page.print_title_rows) == ("landscape", 9, "$4:$4")


def test_a_workbook_carries_its_seal_and_its_stamp() -> None:
    out = io.BytesIO()
    seal = write_xlsx(out, sheet("赵国强"), rows(2))
    page: Any = openpyxl.load_workbook(out).active
    assert [page.cell(row, 1).value for row in (7, 8, 9)] == [
        "依据门禁记录 taishan/doorward/main 前 18342 条生成，记录树根 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        f"本表校验码（SHA-256）：{grouped(seal.digest)}",
        "赵国强",
    ]


def test_an_empty_workbook_says_that_nobody_came() -> None:
    assert workbook([])["A5"].value == "（本时段无人员出入）"


def test_more_rows_than_a_worksheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.registers.files.MOST_ROWS", 5)
    with pytest.raises(TooManyRowsError, match="A worksheet holds 5 rows"):
        write_xlsx(io.BytesIO(), sheet(), rows(3))


# ---------------------------------------------------------------- the seal


def test_anyone_can_make_the_digest_from_the_sheet_as_its_docstring_says() -> None:
    seal = write_csv(io.BytesIO(), sheet(), [forms.cells(VISIT, ZH)])
    heading = [
        "doorward sheet 1",
        "监控室出入人员登记表",
        "泰安市泰山外国语学校",
        "总监控室（办公楼二楼）",
        "2026-03-01 至 2026-03-31",
        "taishan/doorward/main",
        18_342,
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ]
    arrays = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in (heading, forms.cells(VISIT, ZH)))
    told = "".join(f"{array}\n" for array in arrays)
    assert seal.digest == hashlib.sha256(told.encode()).hexdigest()


@needs_fonts
def test_every_format_has_the_same_digest() -> None:
    writers = (write_csv, write_xlsx, write_pdf)
    assert len({write(io.BytesIO(), sheet(), rows(3)).digest for write in writers}) == 1


def test_the_digest_is_read_in_fours() -> None:
    assert grouped("0123456789ab") == "0123 4567 89ab"


# ---------------------------------------------------------------- PDF


@needs_fonts
def test_a_print_says_everything_that_the_form_asks_for() -> None:
    said = text(printed([forms.cells(VISIT, ZH)]))
    for words in (
        "泰安市泰山外国语学校",
        "监控室出入人员登记表",
        "监控室：总监控室（办公楼二楼）",
        "责任人：周明远",
        "登记时段：2026-03-01 至 2026-03-31",
        *(column.head for column in sheet().columns),
        *forms.cells(VISIT, ZH),
        "（以下空白）",
        "保卫科科长（签字）：",
        "第 1 页　共 1 页",
    ):
        assert words in said


@needs_fonts
def test_a_print_of_nothing_says_that_nobody_came() -> None:
    assert "（本时段无人员出入）" in text(printed([]))


@needs_fonts
def test_a_print_is_a4_landscape() -> None:
    box = printed([]).pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (842, 595)


@needs_fonts
def test_every_page_repeats_the_columns_the_seal_and_its_number() -> None:
    out = io.BytesIO()
    seal = write_pdf(out, sheet(), rows(60))
    pages = PdfReader(out).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        said = page.extract_text()
        assert "姓名（人数）" in said
        assert grouped(seal.digest) in said
        assert f"第 {number} 页　共 {len(pages)} 页" in said


@needs_fonts
def test_every_row_of_a_long_register_is_printed_once_and_in_order() -> None:
    said = text(printed(rows(1000)))
    found = [word for word in said.split() if word.startswith("人") and word.endswith("（3）")]
    assert found == [f"人{number}（3）" for number in range(1000)]


@needs_fonts
def test_only_the_last_page_is_signed() -> None:
    signed = ["（签字）" in page.extract_text() for page in printed(rows(60)).pages]
    assert signed == [False] * (len(signed) - 1) + [True]


@needs_fonts
def test_a_reason_taller_than_a_page_is_printed_whole() -> None:
    reason = "".join(chr(0x4E00 + number) for number in range(1300))
    said = text(printed([forms.cells(line(reason=reason), ZH)]))
    assert set(reason) <= set(said)


@needs_fonts
@pytest.mark.parametrize("name", ["赵堃", "钱喆", "孙珺", "周祎", "吴翀", "龚䶮", "陈㛃", "𬱖颖", "刘𠅤", "Élodie"])
def test_a_rare_name_is_printed_and_can_be_copied_out_again(name: str) -> None:
    assert name in text(printed([forms.cells(line(name=name), ZH)]))


@needs_fonts
def test_a_character_that_no_font_has_is_drawn_and_told() -> None:
    said = text(printed([forms.cells(line(name="ېلى"), ZH)]))
    assert "□□□（3）" in said
    assert "U+06D0 U+0644 U+0649" in said


@needs_fonts
def test_all_fonts_of_a_print_are_embedded_subsets() -> None:
    page: Any = printed([forms.cells(line(name="𬱖颖"), ZH)]).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert len(fonts) >= 2
    for font in fonts:
        assert "+" in font["/BaseFont"]
        assert "/FontFile2" in font["/FontDescriptor"]


@needs_fonts
def test_the_same_register_prints_the_same_bytes() -> None:
    first, second = io.BytesIO(), io.BytesIO()
    write_pdf(first, sheet(), rows(20))
    write_pdf(second, sheet(), rows(20))
    assert first.getvalue() == second.getvalue()


@needs_fonts
def test_a_stamp_stands_on_every_page() -> None:
    assert ["赵国强 检查" in page.extract_text() for page in printed(rows(30), "赵国强 检查").pages] == [True] * 2


def test_a_font_that_is_not_there_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(FontError) as refused:
        Fonts(Face("Nowhere", tmp_path / "wqy-microhei.ttc", "fonts-wqy-microhei"))
    assert str(refused.value) == (
        f"The font {tmp_path}/wqy-microhei.ttc is not installed. Install it: apt-get install fonts-wqy-microhei"
    )


def test_a_font_that_is_damaged_is_named_with_its_package(tmp_path: Path) -> None:
    (tmp_path / "damaged.ttf").write_bytes(b"no font")
    with pytest.raises(
        FontError, match=r"is damaged. Install it again: apt-get install --reinstall fonts-wqy-microhei"
    ):
        Fonts(Face("Damaged", tmp_path / "damaged.ttf", "fonts-wqy-microhei"))


@needs_fonts
def test_fonts_for_rare_names_may_be_absent(tmp_path: Path) -> None:
    fonts = Fonts(TEXT, [Face("Gone", tmp_path / "x.ttf", "fonts-babelstone-han")])
    assert (fonts.lacks("王䶮王"), fonts.absent) == (["䶮"], ("fonts-babelstone-han",))


# ---------------------------------------------------------------- lines and pages

_TEXTS = st.text(alphabet="王明，。（）、《 ab1-", max_size=60)


def _measure(text: str) -> float:
    return float(sum(10 if ord(character) > 0x2000 else 5 for character in text))


@given(_TEXTS, st.integers(30, 200))
def test_a_broken_text_loses_nothing_but_spaces(written: str, width: int) -> None:
    assert "".join(wrap(written, width, _measure)).replace(" ", "") == written.replace(" ", "")


@given(_TEXTS, st.integers(30, 200))
def test_no_line_is_wider_than_its_cell(written: str, width: int) -> None:
    assert all(_measure(one) <= width for one in wrap(written, width, _measure))


def test_no_closing_mark_begins_a_line() -> None:
    assert wrap("甲乙丙丁，", 40, _measure) == ("甲乙丙", "丁，")


def test_no_opening_mark_ends_a_line() -> None:
    assert wrap("甲乙丙《丁》", 40, _measure) == ("甲乙丙", "《丁》")


def test_a_word_stays_whole_where_it_can() -> None:
    assert wrap("硬盘 NVR-2 更换", 40, _measure) == ("硬盘", "NVR-2 更", "换")


@settings(max_examples=200)
@given(st.lists(st.floats(END_ROW, BODY - HEADING - END_ROW - SIGNING), max_size=60))
def test_pages_hold_every_row_in_order_and_room_for_the_end(heights: list[float]) -> None:
    laid = [Laid((), height) for height in heights]
    pages = paginate(laid)
    assert [row for page in pages for row in page] == laid
    for number, page in enumerate(pages):
        end = END_ROW + SIGNING if number == len(pages) - 1 else 0
        assert page or not laid
        assert sum(row.height for row in page) + end <= BODY - (HEADING if number == 0 else 0) + 0.001


# ---------------------------------------------------------------- whole or not at all


def test_a_file_is_only_for_its_owner(tmp_path: Path) -> None:
    with whole(tmp_path / "out.csv") as out:
        out.write(b"x")
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600


def test_what_breaks_off_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), whole(tmp_path / "out.csv") as out:
        out.write(bytes(1 // 0))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out.csv": b"old"}


def test_a_folder_that_is_not_there_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as refused, whole(tmp_path / "gone" / "out.csv"):
        pass
    assert str(refused.value) == f"{tmp_path}/gone/out.csv cannot be written: No such file or directory."


# ---------------------------------------------------------------- out of a ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    origin = "taishan/doorward/main"
    with Ledger.open(tmp_path / "ledger.db", door="main", origin=origin, key=Secret(b"k" * 32)) as ledger:
        for number in range(3):
            _visit(ledger, number)
        ledger.checkpoint()
        yield ledger


def _visit(ledger: Ledger, number: int) -> None:
    wall = int((EIGHT + timedelta(days=number)).timestamp() * 1000)
    at = Moment(ledger.boot, number * 1000, wall, Clock.SYNCED)
    grant = {
        "how": "card",
        "person": number,
        "name": f"人{number}",
        "grounds": "custodian",
        "headcount": 1,
        "approver": "",
        "reason": "",
        "companions": [],
    }
    visit = f"v{number}"
    ledger.append([Append(at, Kind.GRANTED, grant, visit)])
    ledger.append([Append(at, Kind.TAKEN, {}, visit), Append(at, Kind.LEFT, {"how": "card"}, visit)])


def exported(ledger: Ledger, out: Path, what: What, form: Format, period: Period = MARCH, **more: Any) -> Exported:
    with LedgerReader.open(ledger.path) as reader:
        return export(what, form, reader, POLICY, "main", period, out, "zh", key=ledger.key, **more)


@needs_fonts
@pytest.mark.parametrize("what", What)
@pytest.mark.parametrize("form", Format)
def test_every_format_counts_what_it_holds(ledger: Ledger, tmp_path: Path, what: What, form: Format) -> None:
    done = exported(ledger, tmp_path / "out", what, form)
    assert (done.rows, done.source.size) == (3 if what is What.REGISTER else 9, 9)


def test_a_register_is_made_from_what_is_signed(ledger: Ledger, tmp_path: Path) -> None:
    _visit(ledger, 3)
    assert exported(ledger, tmp_path / "out", What.REGISTER, Format.CSV).rows == 3


def test_the_same_records_give_the_same_digest(ledger: Ledger, tmp_path: Path) -> None:
    done = [exported(ledger, tmp_path / name, What.REGISTER, Format.CSV).digest for name in ("a", "b")]
    assert done[0] == done[1]


def test_a_period_limits_a_register_to_its_days(ledger: Ledger, tmp_path: Path) -> None:
    day = DAY + timedelta(days=1)
    exported(ledger, tmp_path / "out.csv", What.REGISTER, Format.CSV, Period(day, day))
    told = list(csv.reader((tmp_path / "out.csv").read_text("utf-8-sig").splitlines()))
    assert [row[:2] for row in told[1:]] == [["2026-03-17", "人1"]]


def test_a_register_as_json_lines_has_values_and_sentences(ledger: Ledger, tmp_path: Path) -> None:
    exported(ledger, tmp_path / "out", What.REGISTER, Format.JSONL)
    first = json.loads((tmp_path / "out").read_text("utf-8").splitlines()[0])
    assert (first["name"], first["entered"], first["seqs"]) == ("人0", "2026-03-16T08:00:00+08:00", [0, 1, 2])


def test_records_as_json_lines_are_verified_by_their_own_proofs(ledger: Ledger, tmp_path: Path) -> None:
    day = DAY + timedelta(days=1)
    done = exported(ledger, tmp_path / "out", What.RECORDS, Format.JSONL, Period(day, day))
    assert (done.rows, verify(tmp_path / "out", [str(ledger.key)])) == (3, [])


def test_a_bundle_of_no_records_is_verified_too(ledger: Ledger, tmp_path: Path) -> None:
    done = exported(ledger, tmp_path / "out", What.RECORDS, Format.JSONL, Period(date(2027, 1, 1)))
    assert (done.rows, verify(tmp_path / "out", [str(ledger.key)])) == (0, [])


def test_records_as_json_lines_want_the_key(ledger: Ledger, tmp_path: Path) -> None:
    with LedgerReader.open(ledger.path) as reader, pytest.raises(ExportError, match="public key"):
        export(What.RECORDS, Format.JSONL, reader, POLICY, "main", MARCH, tmp_path / "out", "en")
    assert not (tmp_path / "out").exists()


def test_an_export_error_is_told_in_the_readers_language(ledger: Ledger, tmp_path: Path) -> None:
    with LedgerReader.open(ledger.path) as reader, pytest.raises(ExportError, match="无法写入"):
        export(What.REGISTER, Format.CSV, reader, POLICY, "main", MARCH, tmp_path / "gone" / "out", "zh")


def test_erased_records_are_told_in_the_register(ledger: Ledger, tmp_path: Path) -> None:
    ledger.snapshot(b"memory")
    ledger.erase(before=3)
    exported(ledger, tmp_path / "out.csv", What.REGISTER, Format.CSV, show=Show())
    assert "第 0 至 2 号记录保存期满，内容已清除" in (tmp_path / "out.csv").read_text("utf-8-sig")


def test_progress_ends_at_the_last_record(ledger: Ledger, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    exported(ledger, tmp_path / "out", What.REGISTER, Format.CSV, progress=lambda done, size: told.append((done, size)))
    assert told == [(0, 9), (9, 9)]
