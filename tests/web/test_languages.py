"""Pages speak the visitor's language, where the catalogue has it. APIs and commands use English."""

import html
import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from markupsafe import Markup
from pypdf import PdfReader

from tests.core.messaging.jobs import PRICES
from tests.support.client import AppClient
from tests.support.mails import list_mails
from tests.support.node import new_database, open_node
from tests.support.turns import run_schedules
from tests.web.reading import Page
from tests.web.saying import said
from tests.web.test_events import ADA, FORM, Fair
from turnout.catalogue import translations
from turnout.catalogue.translations import label
from turnout.cli.failing import find_ending
from turnout.core.events.describing import EventChange, change_event
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.registrations.joining import find_ticket_address, register_checked
from turnout.core.registrations.live_lists import resolve
from turnout.core.tickets.event_news import tell_registered
from turnout.errors import Missing
from turnout.web.languages import LONGEST_QUERY
from turnout.web.templates import say_label

BROWSER = {"Accept": "text/html"}
GERMAN = """
msgctxt "path.missing"
msgid "Nothing is at {path}."
msgstr "Unter {path} ist nichts."

msgctxt "login.wrong"
msgid "The user name or the password is wrong."
msgstr "Der Benutzer oder das Passwort ist falsch."
"""
ENGLISH_TEXT, GERMAN_TEXT = "Nothing is at /no/such/page.", "Unter /no/such/page ist nichts."
WEB = Path(__file__).parents[2] / "src/turnout/web"


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue that has German, too."""
    folder = tmp_path / "locales"
    folder.mkdir()
    (folder / "de.po").write_text(GERMAN)
    monkeypatch.setattr(translations, "FOLDER", folder)


@pytest.mark.parametrize(
    ("accepted", "text"),
    [
        ("de", GERMAN_TEXT),
        ("de-AT,de;q=0.9,en;q=0.8", GERMAN_TEXT),
        ("fr, de;q=0.5", GERMAN_TEXT),
        ("en-GB,en;q=0.9,de;q=0.8", ENGLISH_TEXT),
        ("fr", ENGLISH_TEXT),
        ("../de", ENGLISH_TEXT),
        ("*", ENGLISH_TEXT),
        ("", ENGLISH_TEXT),
    ],
)
def test_a_failure_is_said_in_the_visitors_language(
    german: None, site: AppClient, accepted: str, text: str
) -> None:
    headers = {"Accept-Language": accepted}
    page = site.request("GET", "/no/such/page", headers=BROWSER | headers)
    plain = site.request("GET", "/no/such/page", headers=headers)
    assert text in Page(page.body).text
    assert plain.body.decode() == f"{text}\n"
    assert page.headers["vary"] == "Accept, Accept-Language, Accept-Encoding"


def test_the_next_visitor_has_a_language_of_their_own(german: None, site: AppClient) -> None:
    for accepted, text in (("de", GERMAN_TEXT), ("en", ENGLISH_TEXT)):
        headers = {"Accept-Language": accepted}
        assert site.request("GET", "/no/such/page", headers=headers).body.decode() == f"{text}\n"
    assert site.request("GET", "/no/such/page").body.decode() == f"{ENGLISH_TEXT}\n"


def test_apis_and_commands_use_english(german: None, tmp_path: Path) -> None:
    paths = ("/v1.0/nothing", "/v1/nothing", "/api/nothing", "/api/v1/nothing")
    with open_node(new_database("sqlite", tmp_path)) as node:
        for path in paths:
            answer = node.client.request("GET", path, headers={"Accept-Language": "de"})
            assert f"Nothing is at {path}." in answer.body.decode()
    ending = find_ending(Missing("path.missing", path="/x"))
    assert ending is not None
    assert ending.line == "error: Nothing is at /x."


def test_pages_say_failures_through_one_function() -> None:
    """A page that took the message itself would be English for ever."""
    said = [
        f"{path.name}: {line.strip()}"
        for path in sorted(WEB.rglob("*.py"))
        for line in path.read_text().splitlines()
        if re.search(r"\b(?:failure|refusal|refused|error)\.message\b", line)
    ]
    # The heartbeat's answer is read by a script.
    assert said == [
        'heartbeats.py: body = msgspec.json.encode({"error": failure.message, "next": LONGEST_S})'
    ]


# -- public pages ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Fair, AppClient]]:
    """An event that says no language, of an organization that speaks English."""
    folder = tmp_path_factory.mktemp("languages")
    with open_node(new_database("sqlite", folder)) as node:
        yield Fair(node), node.client


def encode(form: dict[str, Any]) -> bytes:
    return urlencode(form).encode()


def look(fair: tuple[Fair, AppClient], query: str = "", accepted: str = "") -> tuple[str, str]:
    """The language that the event's page says it is in, and its text."""
    event, site = fair
    headers = BROWSER | ({"Accept-Language": accepted} if accepted else {})
    body = site.request("GET", f"{event.path}{query}", headers=headers).body
    found = re.search(rb'<html lang="([^"]*)">', body)
    assert found
    return found[1].decode(), Page(body).text


def speak(fair: tuple[Fair, AppClient], locale: str) -> None:
    event, _ = fair
    change = EventChange(locale=locale)
    event.db.call(change_event, event.org_id, event.event_id, change, actor="test")


@pytest.mark.parametrize(
    ("query", "accepted", "own", "lang"),
    [
        ("", "", "", "en"),
        ("", "", "de", "de"),
        ("", "fr, xx", "es-MX", "es"),
        ("", "es-MX,es;q=0.9", "de", "es"),
        ("?lang=de", "es", "", "de"),
        ("?lang=fr", "es", "de", "es"),
        ("?lang=..%2Fde", "", "", "en"),
        ("?lang=en", "de", "de", "en"),
        ("", "*", "de", "de"),
    ],
)
def test_an_events_page_is_in_the_language_that_is_asked_for(
    fair: tuple[Fair, AppClient], query: str, accepted: str, own: str, lang: str
) -> None:
    speak(fair, own)
    said = {"en": "Register", "de": "Anmelden", "es": "Inscribirse"}
    dates = {"en": "1 June 2099", "de": "1. Juni 2099", "es": "1 de junio de 2099"}
    spoken, text = look(fair, query, accepted)
    assert spoken == lang
    assert said[lang] in text
    assert dates[lang] in text


def test_what_an_event_says_is_marked_with_its_own_language(fair: tuple[Fair, AppClient]) -> None:
    event, site = fair
    speak(fair, "de")
    pages = [
        site.request("GET", f"{event.path}?lang={lang}", headers=BROWSER).body.decode()
        for lang in ("de", "es")
    ]
    assert ["<h1>Fair &lt;1&gt;</h1>" in page for page in pages] == [True, False]
    assert '<h1 lang="de">Fair &lt;1&gt;</h1>' in pages[1]
    assert '<section class="prose" aria-label="Sobre el evento" lang="de">' in pages[1]


def test_refusals_and_thanks_are_in_the_language_of_the_form(fair: tuple[Fair, AppClient]) -> None:
    event, site = fair
    path = f"{event.path}?lang=es"
    form = ADA | {"ticket": event.type_id, "answer": "register"}
    wrong = site.request("POST", path, headers=FORM, body=encode(form | {"email": "ada"}))
    assert "Escriba su correo electrónico, como ada@example.com. No se ha enviado nada." in (
        Page(wrong.body).text
    )
    sent = site.request("POST", path, headers=FORM, body=encode(form))
    assert (sent.status, sent.headers["location"]) == (
        303,
        f"{event.path}?lang=es&done={said(event.db, event.path, 'registered')}#register",
    )
    done = site.request("GET", sent.headers["location"].partition("#")[0], headers=BROWSER)
    assert "Gracias Su entrada va en camino a" in Page(done.body).text


def test_the_language_of_the_page_is_that_of_later_mails(fair: tuple[Fair, AppClient]) -> None:
    event, site = fair
    speak(fair, "")
    for lang, email in (("de", "dora@example.com"), ("", "emma@example.com")):
        form = ADA | {"email": email, "ticket": event.type_id, "answer": "register"}
        path = f"{event.path}?lang={lang}"
        assert site.request("POST", path, headers=FORM, body=encode(form)).status == 303
    # Somebody else's form changes nothing.
    again = ADA | {"email": "emma@example.com", "ticket": event.type_id, "answer": "register"}
    site.request("POST", f"{event.path}?lang=es", headers=FORM, body=encode(again))
    event.db.call(tell_registered, event.org_id, event.event_id, base_url="", actor="test")
    while event.db.call(run_schedules, resolve, PRICES):
        pass
    found = {mail.address: mail.subject for mail in event.db.call(list_mails, event.org_id)}
    assert found["dora@example.com"] == "Geändert: Fair <1>"
    assert found["emma@example.com"] == "Changed: Fair <1>"


def test_a_fact_on_a_page_is_text_whatever_the_language() -> None:
    said = say_label("de", "event_page.registered", whom=Markup("<b>x</b>"))
    assert "an <b>x</b>." in said
    assert say_label("de", "public.watch", title="<i>&") == "Ansehen: &lt;i&gt;&amp;"


# -- the switch -----------------------------------------------------------------------------


def links(body: bytes) -> dict[str, tuple[str, bool]]:
    """The switch: by the name of each language its address, and whether it is the page's. Beside a
    form it is buttons of that, which keep what was typed."""
    found = re.findall(
        r'(?:<a href|formaction)="([^"]+)"[^>]* lang="(\w+)"[^>]*?( aria-current="true")?>'
        r"(\w+)</(?:a|button)>",
        body.decode(),
    )
    return {name: (html.unescape(address), bool(now)) for address, _, now, name in found}


def test_a_visitor_changes_the_language_and_stays_where_they_are(
    fair: tuple[Fair, AppClient],
) -> None:
    event, site = fair
    speak(fair, "")
    page = site.request("GET", f"{event.path}?sti=news&lang=de&x=%26", headers=BROWSER)
    assert links(page.body) == {
        name: (f"?sti=news&x=%26&lang={tag}", tag == "de")
        for name, tag in {"Deutsch": "de", "English": "en", "Español": "es"}.items()
    }
    where = event.path + links(page.body)["Español"][0]
    spanish = site.request("GET", where, headers=BROWSER)
    assert "Inscribirse" in Page(spanish.body).text
    assert 'name="sti" value="news"' in spanish.body.decode()


def test_another_language_keeps_what_was_typed(fair: tuple[Fair, AppClient]) -> None:
    event, site = fair
    typed = {"email": "ada@", "company": "A & B", "ticket": event.type_id, "switch": "es"}
    answer = site.request(
        "POST", f"{event.path}?lang=es", headers=FORM, body=urlencode(typed).encode()
    )
    page = answer.body.decode()
    assert (answer.status, 'lang="es"' in page) == (200, True)
    assert 'value="ada@"' in page
    assert 'value="A &amp; B"' in page
    assert 'role="alert"' not in page
    assert event.registration("ada@") is None


def test_the_thanks_and_a_failure_have_the_switch_too(fair: tuple[Fair, AppClient]) -> None:
    event, site = fair
    value = said(event.db, event.path, "registered")
    done = site.request("GET", f"{event.path}?done={value}", headers=BROWSER)
    assert links(done.body)["Deutsch"][0] == f"?done={value}&lang=de"
    failed = site.request("GET", "/no/such%3Cpage", headers=BROWSER)
    assert links(failed.body)["Deutsch"] == ("?lang=de", False)


def test_a_language_that_was_chosen_goes_along_to_other_pages(fair: tuple[Fair, AppClient]) -> None:
    event, site = fair
    page = site.request("GET", f"/{event.slug}?lang=es", headers=BROWSER).body.decode()
    assert f'href="{event.path}?lang=es"' in page
    page = site.request("GET", f"/{event.slug}", headers=BROWSER).body.decode()
    assert f'href="{event.path}"' in page


def test_pages_that_are_english_alone_have_no_switch(fair: tuple[Fair, AppClient]) -> None:
    _, site = fair
    assert links(site.request("GET", "/reference").body) == {}


def test_the_start_page_speaks_the_visitors_language(fair: tuple[Fair, AppClient]) -> None:
    _, site = fair
    for lang, title in (("de", "Fünf APIs, ein Modell"), ("es", "Cinco API, un modelo")):
        answer = site.request("GET", "/developers?x=1", headers={"Accept-Language": lang})
        assert f'<html lang="{lang}">' in answer.body.decode()
        assert title in answer.body.decode()
        assert "Accept-Language" in answer.headers["vary"]
        # What one visitor's address says is in nobody else's page.
        assert links(answer.body)["English"][0] == "?lang=en"
    assert "Five APIs, one model" in site.request("GET", "/developers").body.decode()


def test_an_endless_query_is_not_repeated(fair: tuple[Fair, AppClient]) -> None:
    event, site = fair
    page = site.request("GET", f"{event.path}?x={'y' * LONGEST_QUERY}", headers=BROWSER)
    assert links(page.body)["English"][0] == "?lang=en"


# -- personal pages and papers -------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "accepted", "own", "lang"),
    [
        ("", "", "", "de"),
        ("", "fr", "", "de"),
        ("", "es", "", "es"),
        ("", "en", "es", "es"),
        ("?lang=en", "de", "es", "en"),
    ],
)
def test_a_ticket_is_in_the_language_of_its_holder_the_visitor_or_the_organization(
    fair: tuple[Fair, AppClient], query: str, accepted: str, own: str, lang: str
) -> None:
    event, site = fair
    speak(fair, "")
    german_house = OrganizationChange(locale="de")
    event.db.call(change_organization, event.org_id, german_house, actor="test")
    email = f"{next(_numbers)}@example.com"
    whose = (event.org_id, event.event_id)
    checked = (*whose, event.type_id, Contact(email=email))
    event.db.call(register_checked, *checked, language=own)
    person = event.db.call(find_person, event.org_id, email)
    assert person
    address = event.db.call(find_ticket_address, *whose, person.id)
    headers = BROWSER | ({"Accept-Language": accepted} if accepted else {})
    page = site.request("GET", f"/ticket/{address}{query}", headers=headers)
    assert f'<html lang="{lang}">' in page.body.decode()
    paper = site.request("GET", f"/ticket/{address}/ticket.pdf{query}", headers=headers)
    text = PdfReader(io.BytesIO(paper.body)).pages[0].extract_text()
    assert label(lang, "paper.show_code")[:20] in text.replace("\n", " ")


_numbers = itertools.count(1)
