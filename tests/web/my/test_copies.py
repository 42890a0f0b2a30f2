"""A guest's copy of what is known of them: what it says, and that it says nothing raw."""

import json
import re
from typing import Any

import pytest

from tests.web.reading import Page
from turnout.core.erasure.exporting import HIDDEN
from turnout.core.erasure.places import PLACES
from turnout.web.my.copies import FIELDS, SECTIONS, Reader, tidy, to_json, to_page

AT = 1_796_069_550_808
SAID = "2026-11-30T20:12:30Z"
EXPORT: dict[str, list[dict[str, Any]]] = {
    "people": [{"id": 7, "first_name": "Zo\u00eb <b>", "created_at": AT, "company": ""}],
    "guest_links": [{}],
    "registrations": [
        {
            "id": 1,
            "event_title": "Fair",
            "event_date": "2027-05-12",
            "state": "cancelled",
            "language": "es",
            "answers": json.dumps(
                {
                    "contact": {"email": "zoe@example.com", "phone": ""},
                    "answers": [{"question": "Days", "answer": ["Mon", "Tue"]}],
                }
            ),
        }
    ],
    "payments": [{"amount_minor": 4950, "currency": "EUR", "state": "paid", "settled_at": AT}],
}


def read(spoken: str) -> tuple[str, bytes]:
    page = to_page(EXPORT, Reader("Acme & Sons", spoken, "Europe/Berlin"))
    return Page(page).text, page


def test_programs_get_times_as_in_iso_8601_and_nothing_empty() -> None:
    found = json.loads(to_json(EXPORT))
    assert found == tidy(EXPORT)
    assert found["people"] == [{"id": 7, "first_name": "Zo\u00eb <b>", "created_at": SAID}]
    assert "guest_links" not in found
    assert found["registrations"][0]["answers"] == {
        "contact": {"email": "zoe@example.com"},
        "answers": [{"question": "Days", "answer": ["Mon", "Tue"]}],
    }


@pytest.mark.parametrize(
    ("spoken", "words"),
    [
        ("en", ("Acme & Sons keeps this of you", "Fair", "Cancelled", "Mon, Tue", "Paid")),
        ("de", ("\u00dcber mich", "12. Mai 2027", "Storniert", "49,50\xa0\u20ac", "Espa\u00f1ol")),
        ("es", ("Sobre m\u00ed", "12 de mayo de 2027", "Pagado", "49,50\xa0\u20ac")),
    ],
)
def test_people_read_it_in_their_language(spoken: str, words: tuple[str, ...]) -> None:
    said, page = read(spoken)
    said, words = said.replace("\xa0", " "), tuple(one.replace("\xa0", " ") for one in words)
    assert [one for one in words if one not in said] == []
    assert f'<time datetime="{SAID}">'.encode() in page
    assert "21:12 (Europe/Berlin)" in said
    # No number of ours, no text of theirs as HTML, and nothing from elsewhere.
    assert str(AT) not in page.decode()
    assert b"Zo\xc3\xab &lt;b&gt;" in page
    assert not re.search(rb'(src|href)="(?!data:)', page)


def test_what_is_kept_is_said_or_only_for_programs() -> None:
    tables = {place.table for place in PLACES if place.own and not place.is_searched}
    shown = {table for own in SECTIONS.values() for table in own}
    assert tables - shown == {"people_search_texts", "guest_links", "ticket_mails"}
    columns = {
        name
        for place in PLACES
        if place.table in shown
        for name in (*place.whole_key, *place.texts, *place.facts)
    }
    numbers = {name for name in columns if name.endswith("_id") or name in ("id", "uuid", "number")}
    said_otherwise = {"answers", "extras", "amount_minor", "currency"}
    # Words of ours, such as where something came from.
    marks = {"attendance", "device", "grading", "granted_by", "is_poll", "issued_by", "kind"}
    marks |= {"medium", "mode", "person_id", "result", "source", "sti", "time_extension"}
    marks |= {"type", "type_key", "version"}
    assert columns - set(FIELDS) - HIDDEN - numbers - said_otherwise - marks == set()
