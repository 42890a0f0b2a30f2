"""A series' page: its events, and registering for several of them at once."""

import re
from urllib.parse import urlencode

import icalendar
import pytest

from tests.formats.rfc5545 import faults_of
from tests.support.client import AppClient
from tests.support.node import LocalNode
from tests.web.reading import Page, follow
from tests.web.test_events import ADA, BROWSER, FORM, Fair
from turnout.core.events.describing import (
    EventChange,
    change_event,
    note_postponed,
    set_event_times,
)
from turnout.core.events.model import Event, EventState, Visibility, span
from turnout.core.events.page_names import set_series_name
from turnout.core.events.programme import (
    add_to_channel,
    create_channel,
    create_event,
    store_event_state,
)
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.store import Tx

LONG_AGO = span("2020-07-01T18:00", "2020-07-01T19:00", "Europe/Berlin")


class Talks(Fair):
    """A series of three talks: one has a single place, one asks something."""

    def __init__(self, node: LocalNode) -> None:
        super().__init__(node)
        self.talks = node.db.call(self._make_talks)
        self.series = f"/{self.slug}/series/talks"

    def _make_talks(self, tx: Tx) -> list[Event]:
        channel = create_channel(tx, self.org_id, "Talks & more", actor="test")
        talks = []
        for day, places in ((1, None), (2, 1), (3, None)):
            when = span(f"2099-07-0{day}T18:00", f"2099-07-0{day}T19:00", "Europe/Berlin")
            talk = create_event(tx, self.org_id, f"Talk {day}", when, capacity=places, actor="test")
            add_to_channel(tx, self.org_id, channel.id, talk.id, actor="test")
            talks.append(talk)
        asked = QuestionChange(name="Seat", is_required=True)
        add_question(tx, self.org_id, talks[2].id, asked, actor="test")
        set_series_name(tx, self.org_id, channel.id, "talks", actor="test")
        return talks

    def change(self, change: EventChange, *talks: int) -> None:
        for number in talks:
            at = (self.org_id, self.talks[number].id)
            self.db.call(change_event, *at, change, actor="test")

    def put_off(self, number: int) -> None:
        """Postpone a talk without a new date, whose old one is over by now."""
        event_id = self.talks[number].id
        self.db.call(set_event_times, self.org_id, event_id, LONG_AGO, actor="test")
        since = LONG_AGO.starts_local
        self.db.call(note_postponed, self.org_id, event_id, since=since, is_date_open=True)

    def press(self, site: AppClient, *talks: int, **form: str) -> str:
        ticked = {f"event-{self.talks[number].id}": "1" for number in talks}
        body = urlencode(ADA | form | ticked).encode()
        answer = site.request("POST", self.series, headers=FORM, body=body)
        return Page(follow(site, answer).body).text

    def held(self) -> list[int]:
        numbers = [str(talk.id) for talk in self.talks]
        asked = f"SELECT held FROM events WHERE id IN ({','.join(numbers)}) ORDER BY id"
        return self.db.call(lambda tx: [row[0] for row in tx.connection.execute(asked).fetchall()])


@pytest.fixture
def talks(node: LocalNode) -> Talks:
    return Talks(node)


def test_the_page_lists_what_lies_ahead(site: AppClient, talks: Talks) -> None:
    page = Page(site.request("GET", talks.series, headers=BROWSER).body)
    for words in ("Talks & more", "Talk 1", "Talk 2", "Talk 3", "Register on its own page."):
        assert words in page.text
    assert f"/{talks.slug}/{talks.talks[2].id}" in page.links
    assert talks.series in Page(site.request("GET", f"/{talks.slug}").body).links


def test_dates_are_said_in_the_language_of_the_page(site: AppClient, talks: Talks) -> None:
    for spoken, month in (("en", "Jul"), ("de", "Jul"), ("es", "jul")):
        page = site.request("GET", f"{talks.series}?lang={spoken}", headers=BROWSER)
        assert f"<span>{month}</span> <b>1</b>" in page.body.decode()


def test_one_form_registers_for_several(site: AppClient, talks: Talks) -> None:
    assert "Your ticket is on its way to ada@example.com." in talks.press(site, 0, 1)
    assert talks.held() == [1, 1, 0]
    assert "Some had no place left by then" not in talks.press(site, 0)


@pytest.mark.parametrize(("talks_of_one", "fields"), [((0, 1), 1), ((0,), 2), ((0, 1, 2), 1)])
def test_the_name_is_asked_for_as_the_events_do(
    site: AppClient, talks: Talks, talks_of_one: tuple[int, ...], fields: int
) -> None:
    """In one field, if each that is registered for here asks for it in one."""
    talks.change(EventChange(has_one_name=True), *talks_of_one)
    page = site.request("GET", talks.series, headers=BROWSER).body.decode()
    asked = [name for name in ("first_name", "last_name") if f'name="{name}"' in page]
    assert len(asked) == fields
    assert ('autocomplete="name"' in page) is (fields == 1)
    said = talks.press(site, 0, first_name="x" * 201, last_name="")
    assert said.count("Nothing was sent.") == 1
    assert "Your ticket is on its way" in talks.press(site, 0, first_name="Ada L", last_name="")


def test_one_that_is_postponed_without_a_date_stays_listed_behind_the_others(
    site: AppClient, talks: Talks
) -> None:
    talks.put_off(0)
    body = site.request("GET", talks.series, headers=BROWSER).body
    page = Page(body)
    assert page.text.index("Talk 3") < page.text.index("Talk 1")
    assert "Postponed" in page.text
    assert "It was planned for" in page.text
    assert f'name="event-{talks.talks[0].id}"' not in body.decode()
    assert f'name="event-{talks.talks[1].id}"' in body.decode()
    cancelled = (talks.org_id, talks.talks[0].id, EventState.CANCELLED)
    talks.db.call(store_event_state, *cancelled, actor="test")
    again = Page(site.request("GET", talks.series, headers=BROWSER).body)
    assert "Talk 1" not in again.text


def test_a_cancelled_one_is_left_out_as_the_organization_leaves_it_out(
    site: AppClient, talks: Talks
) -> None:
    cancelled = (talks.org_id, talks.talks[1].id, EventState.CANCELLED)
    talks.db.call(store_event_state, *cancelled, actor="test")
    for path in (talks.series, f"/{talks.slug}"):
        assert "Talk 2" not in Page(site.request("GET", path, headers=BROWSER).body).text
    assert "Tick at least one event." in talks.press(site, 1)


def test_only_what_takes_registrations_is_registered_for_on_its_own_page(
    site: AppClient, talks: Talks
) -> None:
    closed = (talks.org_id, talks.talks[2].id, EventState.CLOSED)
    talks.db.call(store_event_state, *closed, actor="test")
    page = Page(site.request("GET", talks.series, headers=BROWSER).body)
    assert "Talk 3" in page.text
    assert "Register on its own page." not in page.text


def test_its_events_are_in_its_feeds(site: AppClient, talks: Talks) -> None:
    talks.change(EventChange(visibility=Visibility.UNLISTED), 1)
    talks.put_off(0)
    calendar = site.request("GET", f"{talks.series}/events.ics")
    assert faults_of(calendar.body) == []
    entries = icalendar.Calendar.from_ical(calendar.body).walk("VEVENT")
    stated = [(str(entry["summary"]), str(entry.get("status"))) for entry in entries]
    assert stated == [("Talk 3", "CONFIRMED"), ("Talk 1", "CANCELLED")]
    news = site.request("GET", f"{talks.series}/events.rss").body.decode()
    assert "<title>Talks &amp; more</title>" in news
    assert f"<link>http://turnout.test{talks.series}</link>" in news
    assert news.index("Talk 3") < news.index("Talk 1")
    assert "<description>Postponed: " in news
    assert "Fair" not in news


def test_feeds_of_a_former_name_lead_on(site: AppClient, talks: Talks) -> None:
    for tail in ("events.ics", "events.rss"):
        other = site.request("GET", f"/{talks.slug}/series/TALKS/{tail}")
        assert (other.status, other.headers["location"]) == (308, f"{talks.series}/{tail}")
        assert site.request("GET", f"/{talks.slug}/series/none/{tail}").status == 404


def test_what_can_be_put_right_is_said(site: AppClient, talks: Talks) -> None:
    assert "Tick at least one event. Nothing was sent." in talks.press(site)
    said = talks.press(site, 0, email="ada")
    assert "Type your e-mail address, such as ada@example.com." in said
    assert talks.held() == [0, 0, 0]


def test_an_address_that_looks_mistyped_is_taken_when_it_is_sent_again(
    site: AppClient, talks: Talks
) -> None:
    ticked = {f"event-{talks.talks[0].id}": "1", "email": "ada@gmial.com"}
    body = urlencode(ADA | ticked).encode()
    doubted = site.request("POST", talks.series, headers=FORM, body=body)
    assert "Did you mean ada@gmail.com?" in Page(doubted.body).text
    fields = dict(
        re.findall(r'<input type="hidden" name="(.+?)" value="(.+?)"', doubted.body.decode())
    )
    assert "Your ticket is on its way" in talks.press(site, 0, email="ada@gmial.com", **fields)
    assert talks.held() == [1, 0, 0]


def test_what_asks_something_is_not_registered_for_here(site: AppClient, talks: Talks) -> None:
    assert "Tick at least one event." in talks.press(site, 2)
    assert talks.held() == [0, 0, 0]


def test_who_registers_is_told_no_other_than_who_is_registered(
    site: AppClient, talks: Talks
) -> None:
    assert talks.press(site, 0) == talks.press(site, 0)


def test_another_name_leads_on_and_none_is_missing(site: AppClient, talks: Talks) -> None:
    other = site.request("GET", f"/{talks.slug}/series/TALKS", headers=BROWSER)
    assert (other.status, other.headers["location"]) == (308, talks.series)
    assert other.headers["cache-control"] == "no-cache"
    assert site.request("GET", f"/{talks.slug}/series/none", headers=BROWSER).status == 404
