"""Every field of every form of the console takes a number that no database could keep: none ends in
an error of ours."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.proofs.test_every_get import Demo
from tests.support import proof
from tests.support.visits import CONSOLE, Visit, list_visits
from tests.web.signing_in import FORM

HUGE = "9" * 23
FIELDS = ("input", "select", "textarea")


class Forms(HTMLParser):
    """The forms of a page that post: their addresses (empty = the page's own), and their fields as
    a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._is_open = False
        self._name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "form":
            self._is_open = known.get("method") == "post"
            if self._is_open:
                self.forms.append((known.get("action") or "", {}))
        elif self._is_open and tag == "option":
            if "selected" in known or not self.forms[-1][1].get(self._name):
                self.forms[-1][1][self._name] = known.get("value") or ""
        elif self._is_open and known.get("name") and tag in FIELDS:
            self._name = str(known["name"])
            if self._name not in self.forms[-1][1] or "checked" in known:
                self.forms[-1][1][self._name] = known.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._is_open and self.lasttag == "textarea":
            self.forms[-1][1][self._name] = data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_open = False
        self.lasttag = ""


@pytest.mark.proof
def test_no_field_takes_a_number_that_breaks_us(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    with demo.client:
        visits = list_visits(demo.node, demo.members, demo.sign_in())
        pages = [visit for visit in visits if visit.template.startswith(CONSOLE)]
        chosen = proof.random_for("odd fields").sample(pages, proof.scale(40, len(pages)))
        sent = sum(try_forms(demo, visit) for visit in chosen)
    demo.db.close()
    assert sent >= len(chosen)
    proof.report("odd fields", forms=sent)


def try_forms(demo: Demo, visit: Visit) -> int:
    """Each field of each form in turn, with the page as it is by then; how many were sent."""
    names = [
        (number, name)
        for number, (_, fields) in enumerate(read_forms(demo, visit))
        for name in fields
        if name not in ("token", "once")
    ]
    for number, name in names:
        forms = read_forms(demo, visit)
        if number < len(forms) and name in forms[number][1]:
            address, fields = forms[number]
            try_field(demo, visit, address or visit.target, fields | {name: HUGE})
    return len(names)


def read_forms(demo: Demo, visit: Visit) -> list[tuple[str, dict[str, str]]]:
    """The forms of a page but the one that signs out."""
    answer = demo.client.request("GET", visit.target, headers=visit.headers)
    page = Forms()
    if answer.headers.get("content-type", "").startswith("text/html"):
        page.feed(answer.body.decode())
    return [form for form in page.forms if form[0] != "/sign-in/out"]


def try_field(demo: Demo, visit: Visit, address: str, fields: dict[str, str]) -> None:
    answer = demo.client.request(
        "POST",
        address,
        headers=visit.headers | FORM | {"Accept": "text/html"},
        body=urlencode(fields).encode(),
    )
    odd = [name for name, value in fields.items() if value == HUGE]
    assert answer.status < 500, (address, odd, answer.body[:300])
