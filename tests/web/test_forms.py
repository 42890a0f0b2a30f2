"""Forms that are refused: a field says that it is wrong, and is described by why."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import Answer
from tests.support.node import database
from tests.web.test_form_limits import Gate, open_gate
from tests.web.test_watch import Theatre

NAME = "Type your name: the first, the last or both."
EMAIL = "Type your e-mail address, such as ada@example.com."
SIGNS = "Type letters, digits and signs only."
LONG = "The company may have 200 characters. Shorten it."
DOMAIN = (
    "Nothing can be mailed to localhost: it has no ending. Type your whole e-mail address, such as "
    "ada@example.com."
)
CODE = "That is not the code, or it is too old."


class Fields(HTMLParser):
    """The fields of a page that are marked as wrong, each with what describes it."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.described: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._own, self._all = "", ""
        self.feed(body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "fieldset":
            self._all = given.get("aria-describedby", "")
        if given.get("aria-invalid") == "true":
            self.described[given["name"]] = given.get("aria-describedby", self._all)
        self._own = given.get("id", "") if tag == "p" else self._own

    def handle_endtag(self, tag: str) -> None:
        self._own = "" if tag == "p" else self._own

    def handle_data(self, data: str) -> None:
        if self._own:
            self.texts[self._own] = self.texts.get(self._own, "") + data

    def wrong(self) -> dict[str, str]:
        return {name: self.texts[id_].strip() for name, id_ in self.described.items()}


def wrong(answer: Answer) -> dict[str, str]:
    return Fields(answer.body).wrong()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """An event whose form asks everybody for a code."""
    with database("sqlite", tmp_path) as url, open_gate(url, forms_before_code=0) as node:
        yield Gate(node)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"email": "ada"}, {"email": EMAIL}),
        ({"email": "ada@localhost"}, {"email": DOMAIN}),
        ({"first_name": "", "last_name": ""}, {"first_name": NAME, "last_name": NAME}),
        ({"last_name": "a\x07"}, {"last_name": SIGNS}),
        ({"first_name": "a\x07", "company": "\x07"}, {"first_name": SIGNS, "company": SIGNS}),
        ({"company": "x" * 201}, {"company": LONG}),
        ({"ticket": ""}, {"ticket": "Choose a ticket."}),
    ],
)
def test_the_form_of_an_event_marks_what_it_refuses(
    gate: Gate, form: dict[str, Any], said: dict[str, str]
) -> None:
    assert wrong(gate.post(**({"email": "ada@example.com"} | form))) == said


def test_the_form_of_an_event_marks_a_wrong_code(gate: Gate) -> None:
    asked = gate.post("ada@example.com")
    assert wrong(asked) == {}
    code = "000000" if gate.codes()["ada@example.com"] != "000000" else "111111"
    assert wrong(gate.enter(asked, code)) == {"code": CODE}


def test_the_way_in_to_watch_marks_address_and_code(gate: Gate) -> None:
    theatre = Theatre(gate.node, "theatre")
    path = f"/watch/{theatre.cinema.talk.pak}"
    assert wrong(theatre.get(path)) == {}
    assert list(wrong(theatre.post(path, email="ada"))) == ["email"]
    assert wrong(theatre.post(path, email="ann@example.com")) == {}
    assert list(wrong(theatre.post(path, email="ann@example.com", code="1"))) == ["code"]
