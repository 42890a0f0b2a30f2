"""Publishing, closing, postponing, cancelling, deleting; texts of mails; the waiting list."""

import html
import itertools
import re

import pytest

from tests.support.builder import WHEN, Builder, contact
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.test_event_flows import done_of, fields_of
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.listing import Shelf, count_shelves
from turnout.core.events.model import EventState, Visibility
from turnout.core.events.programme import create_ticket_type, get_event
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId
from turnout.core.mails.model import MailKind
from turnout.core.mails.texts import list_own_texts
from turnout.core.registrations.announcing import postpone_without_date
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.offers import join_list
from turnout.core.timeline.overviews import list_next_messages
from turnout.core.waiting_list.entries import list_entries
from turnout.core.waiting_list.steering import is_closed
from turnout.store import Tx

_numbers = itertools.count(1)
JOBS = "SELECT count(*) FROM jobs WHERE org_id = {}"


class Stage:
    """An event of its own for a test, with two people registered."""

    def __init__(self, node: LocalNode, org_id: OrgId, desk: Desk, state: EventState) -> None:
        self.node, self.db, self.org_id, self.desk = node, node.db, org_id, desk
        self.title = f"Stage {next(_numbers)}"
        self.id: EventId = self.db.call(self._make, state)
        self.base = f"/console/{self.id}"

    def state(self) -> EventState:
        return self.db.call(get_event, self.org_id, self.id).state

    def jobs(self) -> int:
        """How many mailings the organization has made."""
        question = JOBS.format(self.org_id)
        return self.db.call(lambda tx: tx.connection.execute(question).fetchone()[0])

    def send(self, tail: str, page: str = "", **fields):
        return self.desk.send(f"{self.base}{tail}", f"{self.base}{page or tail}", **fields)

    def _make(self, tx: Tx, state: EventState) -> EventId:
        house = Builder.of(tx, get_organization(tx, "rail"))
        event = house.event(self.title, WHEN, state=state, capacity=2)
        for name in ("ann", "bob"):
            add_by_staff(tx, house.org_id, event.id, contact(name), actor="test")
        return event.id


@pytest.fixture
def stage(node: LocalNode, org_id: OrgId, desk: Desk) -> Stage:
    return Stage(node, org_id, desk, EventState.OPEN)


@pytest.fixture
def draft(node: LocalNode, org_id: OrgId, desk: Desk) -> Stage:
    return Stage(node, org_id, desk, EventState.DRAFT)


def test_a_draft_is_published(draft: Stage) -> None:
    page = draft.desk.read(f"{draft.base}/publish")
    assert f"Publish “{draft.title}”" in page
    assert "Still missing" in page
    assert done_of(draft.send("/publish")) == "published"
    assert draft.state() is EventState.OPEN
    again = draft.send("/publish", "/details")
    assert again.status == 422
    assert "The event is open for registration." in again.body.decode()


def test_publishing_says_that_nobody_is_told_how_to_pay(draft: Stage) -> None:
    """Where a ticket has a price, and neither event nor organization say how."""
    missing = "Say how tickets are paid"
    assert missing not in draft.desk.read(f"{draft.base}/publish")
    org_id, kind = draft.org_id, (draft.id, "Full")
    draft.db.call(create_ticket_type, org_id, *kind, price_minor=4950, currency="EUR", actor="test")
    assert missing in draft.desk.read(f"{draft.base}/publish")
    change = EventChange(payment_text="To DE02.")
    draft.db.call(change_event, org_id, draft.id, change, actor="test")
    assert missing not in draft.desk.read(f"{draft.base}/publish")


def test_registration_is_closed_and_opened_again(stage: Stage) -> None:
    assert done_of(stage.send("/close")) == "closed"
    assert stage.state() is EventState.CLOSED
    assert done_of(stage.send("/reopen")) == "reopened"
    assert stage.state() is EventState.OPEN


def test_an_event_without_a_date_is_called_postponed(stage: Stage) -> None:
    planned = stage.db.call(get_event, stage.org_id, stage.id).starts_local[:4]
    stage.db.call(postpone_without_date, stage.org_id, stage.id, is_quiet=True, actor="test")
    page = stage.desk.read(stage.base)
    assert "The event is postponed: its new date is not known yet." in page
    assert re.search(f"<p>Was planned for [^<]*{planned}", page)
    assert "Registration is closed." not in page
    said = rf"was planned for [^<]*{planned}[^<]*; the new date is not known yet\."
    link = f'<a href="{stage.base}/postpone">Set the new date</a>'
    for tail in ("/details", "/programme", "/people", "/tickets"):
        page = stage.desk.read(stage.base + tail)
        assert len(re.findall(said, page)) == 1
        assert link in page
    # Details leave the date alone, and save the rest.
    path = f"{stage.base}/details"
    given: dict[str, str | list[str]] = {**fields_of(stage.desk.read(path))}
    refused = stage.desk.send(path, path, **given | {"starts": "2027-04-01T09:00"})
    assert "The event is postponed, and its new date is not known yet." in refused.body.decode()
    assert done_of(stage.desk.send(path, path, **given | {"summary": "Two days"})) == "saved"
    shown = stage.db.call(get_shown_event, stage.org_id, stage.id)
    assert (shown.details.summary, shown.event.starts_local[:4]) == ("Two days", planned)


def test_the_mail_is_read_before_an_event_is_postponed(stage: Stage) -> None:
    before = stage.jobs()
    seen = stage.send(
        "/postpone", starts="2027-09-05T10:00", message="The roof leaks.", preview="1"
    )
    page = seen.body.decode()
    assert seen.status == 200
    assert "The roof leaks." in page
    assert "5 September 2027" in page
    assert f"Postpone “{stage.title}” and write to 2 people" in page
    assert stage.jobs() == before
    done = stage.send("/postpone", starts="2027-09-05T10:00", message="The roof leaks.")
    assert done_of(done) == "postponed"
    assert stage.db.call(get_event, stage.org_id, stage.id).starts_local == "2027-09-05T10:00"
    assert stage.jobs() > before


@pytest.mark.parametrize("name", ["postpone", "cancel", "tell"])
def test_a_field_in_own_words_is_refused_beside_them(stage: Stage, name: str) -> None:
    before = stage.jobs()
    given = {"starts": "2098-01-02T10:00", "message": "See you in %%hall%% then."}
    for pressed in ({}, {"preview": "1"}):
        answer = stage.send(f"/{name}", **(given | pressed))
        assert answer.status == 422
        page = html.unescape(answer.body.decode())
        assert "Nothing is filled in among your own words: %%hall%% would be read" in page
        assert '<a href="#f-message">' in page
    assert stage.jobs() == before


def test_a_time_that_is_none_is_said_beside_it(stage: Stage) -> None:
    wrong = stage.send("/postpone", starts="someday", message="Later.")
    assert wrong.status == 422
    assert '<a href="#f-starts">' in wrong.body.decode()
    assert "Later." in wrong.body.decode()


def test_an_event_is_cancelled_and_everybody_told(stage: Stage) -> None:
    before = stage.jobs()
    page = stage.desk.read(f"{stage.base}/cancel")
    assert f"Cancel “{stage.title}” and write to 2 people" in page
    assert done_of(stage.send("/cancel", message="Snow.")) == "cancelled"
    assert stage.state() is EventState.CANCELLED
    assert stage.jobs() > before
    again = stage.send("/cancel", "/texts", message="Snow.")
    assert again.status == 422


def test_an_event_is_cancelled_quietly(stage: Stage) -> None:
    before = stage.jobs()
    assert done_of(stage.send("/cancel", quiet="1")) == "cancelled"
    assert (stage.state(), stage.jobs()) == (EventState.CANCELLED, before)


def test_everybody_is_told_of_a_change(stage: Stage) -> None:
    path = f"{stage.base}/details"
    given = fields_of(stage.desk.read(path)) | {"visibility": Visibility.UNLISTED, "tell": "1"}
    answer = stage.desk.send(path, path, **given)
    assert answer.headers["location"].startswith(f"{stage.base}/tell?")
    before = stage.jobs()
    assert done_of(stage.send("/tell", message="Other door.")) == "told"
    assert stage.jobs() > before


def test_only_a_draft_that_nobody_knows_is_deleted(
    draft: Stage, desk: Desk, node: LocalNode, org_id: OrgId
) -> None:
    refused = draft.send("/delete")
    assert refused.status == 422
    assert "It cannot be deleted" in refused.body.decode()
    made = desk.send(
        "/console/events/new",
        title="Gone",
        starts="2097-05-12T09:00",
        ends="2097-05-12T17:00",
        timezone="UTC",
    )
    path = made.headers["location"].partition("?")[0]
    drafts = node.db.call(count_shelves, org_id)[Shelf.DRAFTS]
    assert done_of(desk.send(f"{path}/delete", f"{path}/delete")) == "deleted"
    assert node.db.call(count_shelves, org_id)[Shelf.DRAFTS] == drafts - 1


def test_texts_of_mails(stage: Stage) -> None:
    path = "/texts/reminder?language=de"
    given = fields_of(stage.desk.read(f"{stage.base}{path}"))
    assert given["language"] == ["de"]
    text = {"subject": "Bald: %%event%%", "body": "Hallo %%first_name%%, bis **bald**."}
    seen = stage.send(path, path, **(given | text | {"preview": "1"}))
    assert "Hallo Ada, bis bald." in seen.body.decode()
    assert done_of(stage.send(path, path, **(given | text))) == "saved"
    (own,) = stage.db.call(list_own_texts, stage.org_id, stage.id)
    assert (own.kind, own.language, own.text.subject) == (MailKind.REMINDER, "de", text["subject"])
    clash = stage.send(path, path, **(given | {"subject": "Mine", "body": "Mine."}))
    assert clash.status == 422
    assert "You saved this in another window" in clash.body.decode()
    before = stage.jobs()
    test = {"test": "1", "to": "me@example.com", "language": "de"}
    assert done_of(stage.send(path, path, **text, **test)) == "tested"
    assert stage.jobs() > before
    typed = stage.send(path, path, **text | {"subject": "Gleich"}, **test)
    assert typed.status == 200
    assert 'value="Gleich"' in typed.body.decode()
    assert stage.jobs() > before + 1
    assert done_of(stage.send(path, path, reset="1", language="de")) == "reset"
    assert stage.db.call(list_own_texts, stage.org_id, stage.id) == []


def test_a_text_with_an_unknown_field_is_refused(stage: Stage) -> None:
    path = "/texts/offer?language=en"
    given = fields_of(stage.desk.read(f"{stage.base}{path}"))
    answer = stage.send(path, path, **(given | {"body": "%%offer_link%% %%nonsense%%"}))
    assert answer.status == 422
    assert '<a href="#f-body">' in answer.body.decode()
    assert "%%nonsense%%" in answer.body.decode()


def test_the_reminder(stage: Stage) -> None:
    assert done_of(stage.send("/texts", at="2027-05-30T09:00")) == "planned"
    assert stage.db.call(list_next_messages, stage.org_id, stage.id).remind_at is not None
    assert "Everybody who is registered is reminded on" in stage.desk.read(f"{stage.base}/texts")
    assert done_of(stage.send("/texts", stop="1")) == "unplanned"
    late = stage.send("/texts", at="2027-07-01T09:00")
    assert late.status == 422
    assert '<a href="#f-at">' in late.body.decode()
    skipped = stage.send("/texts", at="2027-03-28T02:30").body.decode()
    assert '<a href="#f-at">' in skipped
    assert "where the clock goes forward" in skipped


def test_the_waiting_list(stage: Stage) -> None:
    def wait(tx: Tx) -> None:
        house = Builder.of(tx, get_organization(tx, "rail"))
        kind = house.default_type(get_event(tx, house.org_id, stage.id))
        for name in ("cid", "dan"):
            join_list(tx, house.org_id, stage.id, kind.id, contact(name))

    stage.db.call(wait)
    cid, dan = stage.db.call(list_entries, stage.org_id, stage.id, limit=9)
    page = stage.desk.read(f"{stage.base}/waiting")
    assert re.findall(r"<span>(\w+@example.com)</span>", page) == [
        "cid@example.com",
        "dan@example.com",
    ]
    assert done_of(stage.send("/waiting", entry=dan.id, priority="5")) == "prioritized"
    first, _ = stage.db.call(list_entries, stage.org_id, stage.id, limit=9)
    assert first.email == "dan@example.com"
    full = stage.send("/waiting", entry=dan.id, offer="1")
    assert full.status == 422
    assert "or cancel a registration first." in full.body.decode()
    assert done_of(stage.send("/waiting", entry=cid.id, leave="1")) == "left"
    assert done_of(stage.send("/waiting", hours="48")) == "hours"
    assert "An offer holds 48 hours." in stage.desk.read(f"{stage.base}/waiting")
    assert done_of(stage.send("/waiting", close_list="1")) == "closed"
    assert stage.db.call(is_closed, stage.org_id, stage.id)
    assert done_of(stage.send("/waiting", open_list="1")) == "opened"
    before = stage.jobs()
    assert done_of(stage.send("/waiting", write="1", subject="Soon", text="We know.")) == "written"
    assert stage.jobs() > before
    empty = stage.send("/waiting", write="1", subject="", text="We know.")
    assert empty.status == 422


def test_an_entry_of_another_event_is_not_touched(stage: Stage, draft: Stage) -> None:
    def wait(tx: Tx) -> None:
        house = Builder.of(tx, get_organization(tx, "rail"))
        kind = house.default_type(get_event(tx, house.org_id, stage.id))
        join_list(tx, house.org_id, stage.id, kind.id, contact("eve"))

    stage.db.call(wait)
    (eve,) = stage.db.call(list_entries, stage.org_id, stage.id, limit=9)
    answer = draft.send("/waiting", entry=eve.id, leave="1")
    assert answer.status == 422
    assert len(stage.db.call(list_entries, stage.org_id, stage.id, limit=9)) == 1


def test_nothing_is_outside_of_a_date_that_is_not_known(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    stage = Stage(node, org_id, desk, EventState.OPEN)
    late = {"title": "Late", "starts": "2098-05-12T16:30", "ends": "2098-05-12T18:00"}
    assert done_of(stage.send("/programme/new", "", **late)) == "added"
    pages = ("", "/programme", "/details")
    for page in pages:
        assert "“Late” is outside of the event" in desk.read(stage.base + page)
    stage.db.call(postpone_without_date, org_id, stage.id, is_quiet=True, actor="test")
    for page in pages:
        assert "is outside of the event" not in desk.read(stage.base + page)
    found = desk.read(f"/console/search?q={stage.id}")
    assert re.search(r'class="soft">No date yet; was planned for [^<]*2027', found)


def test_a_small_ticket_type_of_which_none_is_given_is_on_sale(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    stage = Stage(node, org_id, desk, EventState.OPEN)
    stage.db.call(create_ticket_type, org_id, stage.id, "Guest", capacity=4, actor="test")
    assert "4 left" not in desk.read(f"{stage.base}/tickets")
