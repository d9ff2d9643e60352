"""The bench's page: what a person does reaches the door, nobody else can play along, and it looks right anywhere."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn

from kiosk.rules.messages import Kind
from tests.house import CHIEF, House, until
from ui.bench import labels
from ui.bench.bench import Bench
from ui.bench.page import app
from ui.bench.unit import Unit
from ui.words import load

CHROMIUM = Path("/usr/bin/chromium")
OWN = {"x-doorward": "bench"}


class Answer(NamedTuple):
    status: int
    text: str


class Page:
    """The page's server on a free port of loopback, over a door that runs."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.unit = Unit(house.site.settings, house.folder / "unit.log")
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        config = uvicorn.Config(
            app(Bench(house.stage, self.unit, house.site)), log_level="error", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],))
        self._thread.start()

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = {}) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode())

    def act(self, what: str, **more: str) -> Answer:
        return self.ask("POST", "/act", json.dumps({"what": what, **more}).encode(), OWN)

    def state(self, language: str = "en") -> dict[str, Any]:
        """The first thing that the page is told."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", f"/events?lang={language}")
            line = connection.getresponse().readline()
            told: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
            return told

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()
        self.unit.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with House(tmp_path_factory.mktemp("page")) as house:
        page = Page(house)
        yield page
        page.close()


@pytest.fixture(autouse=True)
def at_rest(page: Page) -> Iterator[None]:
    """Each test finds the doorway shut and leaves it so."""
    yield
    page.act("let_go")
    page.act("shut")
    page.act("order", order="alarm_reset")


# ---------------------------------------------------------------- acts


def test_a_card_on_the_page_opens_the_door(page: Page) -> None:
    assert page.act("present", reader="outside", card=CHIEF) == Answer(204, "")
    until("the page sees the lock released", lambda: page.state()["door"]["energised"])
    page.house.locked()


def test_a_code_on_the_page_is_entered(page: Page) -> None:
    before = len(page.house.of(Kind.GRANTED))
    assert page.act("code", code=page.house.code).status == 204
    page.house.recorded(Kind.GRANTED, before + 1)
    page.house.locked()


def test_an_order_on_the_page_is_given(page: Page) -> None:
    assert page.act("order", order="lockdown").status == 204
    until("the page says so", lambda: page.state()["screen"]["mode"] == "lockdown")
    assert page.act("order", order="lockdown_end").status == 204


def test_the_leaf_is_forced_and_the_siren_is_seen(page: Page) -> None:
    page.house.locked()
    page.house.recorded(Kind.STARTED)
    page.act("force")
    until("the page shows it open", lambda: page.state()["door"]["leaf_open"])


def test_wires_are_cut_and_mended(page: Page) -> None:
    before = len(page.house.of(Kind.INPUT_FAULT))
    page.act("cut", input="tamper")
    page.house.recorded(Kind.INPUT_FAULT, before + 1)
    page.act("mend", input="tamper")
    page.house.recorded(Kind.INPUT_BACK)


def test_a_door_that_was_killed_is_missed_and_comes_back(page: Page) -> None:
    starts = page.state()["door"]["starts"]
    assert page.act("kill").status == 204
    until("it is back", lambda: page.state()["door"]["starts"] > starts and page.state()["screen"] is not None)


def test_a_code_for_a_door_that_is_gone_is_answered(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = page.house.places.socket.with_name("elsewhere.sock")
    page.house.places.socket.rename(moved)
    try:
        answer = page.act("code", code="00000000")
        assert (answer.status, answer.text.startswith("No door answers at")) == (503, True)
        assert page.state()["screen"] is None
    finally:
        moved.rename(page.house.places.socket)


@pytest.mark.parametrize("what", ["fly", "", "present"])
def test_what_nobody_can_do_is_refused(page: Page, what: str) -> None:
    assert page.act(what, reader="roof").status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"what": 7}',
        b'{"what": "push", "more": 1}',
        b'{"what": "present", "reader": "outside", "card": "../../etc"}',
        b'{"what": "code", "code": "12345678; x"}',
        b'{"what": "on", "input": "roof"}',
        b"[" * 2000,
        b'{"what": "push", "code": "' + b"1" * 4000 + b'"}',
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_no_act_is_refused(page: Page, body: bytes) -> None:
    assert page.ask("POST", "/act", body, OWN).status == 400


# ---------------------------------------------------------------- who may


def test_an_act_without_the_pages_own_header_is_refused(page: Page) -> None:
    assert page.ask("POST", "/act", b'{"what": "force"}').status == 403


@pytest.mark.parametrize("path", ["/", "/events", "/static/bench.js"])
def test_a_request_to_another_name_is_refused(page: Page, path: str) -> None:
    assert page.ask("GET", path, headers={"host": "rebound.example"}).status == 400


def test_an_act_from_another_name_is_refused(page: Page) -> None:
    headers = {"host": "rebound.example", **OWN}
    assert page.ask("POST", "/act", b'{"what": "force"}', headers).status == 400


def test_an_act_is_not_a_link(page: Page) -> None:
    assert page.ask("GET", "/act", headers=OWN).status == 405


def test_nothing_outside_the_pages_folder_is_served(page: Page) -> None:
    assert page.ask("GET", "/static/..%2fpage.py").status == 404


def test_the_page_runs_no_script_but_its_own(page: Page) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", page.port, timeout=20)) as connection:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


# ---------------------------------------------------------------- what it says


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_speaks_both_languages(page: Page, language: str) -> None:
    assert page.state(language)["labels"] == labels.labels(load(language))


def test_a_language_that_nobody_wrote_is_refused(page: Page) -> None:
    assert page.ask("GET", "/events?lang=tlh").status == 404


def test_the_register_and_the_records_are_told(page: Page) -> None:
    page.act("present", reader="outside", card=CHIEF)
    page.house.recorded(Kind.GRANTED)
    told = page.state()
    assert any("赵国强" in line["text"] for line in told["records"])
    page.house.locked()


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not here")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def errors() -> list[str]:
    return []


@pytest.fixture
def tab(browser: Any, page: Page, errors: list[str]) -> Iterator[Any]:
    tab = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(f"http://127.0.0.1:{page.port}/")
    tab.wait_for_selector("#cards .person")
    yield tab
    tab.close()


def test_a_person_presents_a_card_and_sees_the_lock_release(tab: Any, errors: list[str]) -> None:
    tab.click("#cards .person:has-text('赵国强') button >> nth=0")
    tab.wait_for_selector("#picture.released")
    tab.wait_for_selector("#log li:has-text('赵国强')")
    assert errors == []


def test_a_person_types_a_code_with_the_keyboard(tab: Any, page: Page) -> None:
    before = len(page.house.of(Kind.DENIED))
    tab.keyboard.type("00000000")
    tab.keyboard.press("Enter")
    page.house.recorded(Kind.DENIED, before + 1)


def test_the_language_changes_with_one_button(tab: Any, errors: list[str]) -> None:
    tab.click("#language")
    tab.wait_for_selector("#people h2:has-text('Cards')")
    assert (tab.evaluate("document.documentElement.lang"), errors) == ("en", [])
    tab.click("#language")
    tab.wait_for_selector("html[lang=zh]")


@pytest.mark.parametrize("width", [360, 768, 1024, 1440, 1920])
def test_nothing_runs_out_of_the_window_sideways(tab: Any, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_the_records_grow_beside_the_door_and_not_below_everything(tab: Any) -> None:
    top = "document.querySelector('#log').getBoundingClientRect().top"
    assert tab.evaluate(top) < tab.evaluate("innerHeight")


def test_every_button_is_big_enough_for_a_finger(tab: Any) -> None:
    small = "[...document.querySelectorAll('button')].filter(b => b.getBoundingClientRect().height < 40).length"
    assert tab.evaluate(small) == 0
