"""The personal page of an invitation, as a browser without scripts uses it."""

import io
import itertools
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from tests.support.builder import Builder, contact
from tests.support.client import Answer, AppClient
from tests.support.node import LocalNode
from tests.web.reading import Page, send_form
from tests.web.saying import said
from turnout.core.checkin.scans import Result, Scan, check_in, undo_check_in
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventDetails, EventState, PayingDoor, span
from turnout.core.events.programme import create_venue
from turnout.core.events.showing import get_shown_event
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.identity.short_names import page_path
from turnout.core.ids import CampaignId, EventId, OrgId
from turnout.core.invitations.campaigns import get_campaign, send_campaign
from turnout.core.invitations.invitees import Invitee, InviteeFilter, list_invitees
from turnout.core.messaging.delivering import claim
from turnout.core.registrations.booking import find_registration
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.places import set_event_state
from turnout.core.tickets.issuing import list_valid_tickets
from turnout.core.waiting_list.entries import list_entries
from turnout.store import Tx

PRICE = TicketTypeChange(price_minor=4950, currency="EUR")
BROWSER = {"Accept": "text/html"}
_numbers = itertools.count(1)


class Invited:
    """An event with `places` for guests, and invited people with their links by first name."""

    def __init__(self, node: LocalNode, places: int | None = None) -> None:
        self.node = node
        self.event_id, self.org_id, self.campaign_id = node.db.call(_make, places)
        node.db.call(send_campaign, self.org_id, self.campaign_id, "", actor="test")
        found = node.db.call(claim, "email", 100, 1000)
        own = [job for job in found if job.head.org_id == self.org_id]
        self.links = {
            recipient.name.split()[0]: recipient.fields.partition('"link":"')[2].rstrip('"}')
            for job in own
            for recipient in job.recipients
        }

    def look(self, site: AppClient, name: str) -> str:
        answer = site.request("GET", self.links[name], headers=BROWSER)
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
        return Page(answer.body).text

    def press(self, site: AppClient, name: str, **form: Any) -> Answer:
        return send_form(site, self.links[name], BROWSER, **form)

    def states(self) -> dict[str, str]:
        found = self.node.db.call(list_invitees, self.org_id, self.event_id, InviteeFilter())
        return {invitee.first_name: invitee.state for invitee in found}

    def add_by_staff(self, name: str) -> bool:
        """Register an invitee by hand, without a mail; whether that gave a new ticket."""
        campaign = self.node.db.call(get_campaign, self.org_id, self.campaign_id)
        found = self.node.db.call(
            add_by_staff,
            self.org_id,
            self.event_id,
            contact(name, email=self._find(name).email),
            ticket_type_id=campaign.ticket_type_id,
            is_mailed=False,
            actor="test",
        )
        return found.is_new

    def valid(self, name: str) -> list[str]:
        """What gave the valid tickets of an invitee."""
        person_id = self._find(name).person_id
        known = self.node.db.call(find_registration, self.org_id, self.event_id, person_id)
        assert known
        tickets = self.node.db.call(list_valid_tickets, self.org_id, known.id)
        return [ticket.granted_by.value for ticket in tickets]

    def _find(self, name: str) -> Invitee:
        wanted = InviteeFilter(first_name=name)
        (found,) = self.node.db.call(list_invitees, self.org_id, self.event_id, wanted)
        return found


def _make(tx: Tx, places: int | None) -> tuple[EventId, OrgId, CampaignId]:
    slug = f"inviting-{next(_numbers)}"
    house = Builder(tx, slug, "Acme")
    venue = create_venue(
        tx, house.org_id, "Hall <1>", timezone="Europe/Berlin", city="Hamburg", actor="test"
    )
    when = span("2099-06-01T18:00", "2099-06-02T01:00", "Europe/Berlin")
    details = EventDetails(description="Food & music")
    event = house.event("Party <b>", when, venue_id=venue.id, details=details)
    guests = house.ticket_type(event, "Guest", capacity=places)
    contacts = [
        contact(name, email=f"{name.title()}@{slug}.example.com", last_name="Lee")
        for name in ("ann", "bob")
    ]
    campaign = house.campaign(event, guests, contacts)
    return event.id, house.org_id, campaign.id


@pytest.fixture
def invited(node: LocalNode) -> Invited:
    return Invited(node)


def test_looking_shows_the_event_and_changes_nothing(site: AppClient, invited: Invited) -> None:
    text = invited.look(site, "Ann")
    for words in (
        "Invitation for Ann Lee",
        "Party <b>",
        "Monday, 1 June 2099, 18:00",
        "Hall <1>, Hamburg",
        "Food & music",
        "Will you come?",
        "Yes, I will come",
        "No, I cannot come",
    ):
        assert words in text
    assert invited.states() == {"Ann": "pending", "Bob": "pending"}


def test_accepting_gives_a_ticket_and_twice_is_once(site: AppClient, invited: Invited) -> None:
    for _ in range(2):
        answer = invited.press(site, "Ann", answer="confirm")
        assert answer.status == 200
        text = Page(answer.body).text
        assert "You are coming Thank you, that is noted." in text
        assert "Your ticket:" in text
    assert invited.states() == {"Ann": "confirmed", "Bob": "pending"}
    text = invited.look(site, "Ann")
    assert "You are coming Your ticket:" in text
    assert "I cannot come after all" in text


def test_the_page_names_the_ticket_its_price_and_what_the_event_says(
    site: AppClient, node: LocalNode
) -> None:
    invited = Invited(node)
    where = (invited.org_id, invited.event_id)
    types = node.db.call(get_shown_event, *where).ticket_types
    [guest] = [kind.id for kind in types if kind.name == "Guest"]
    node.db.call(edit_ticket_type, *where, guest, PRICE, actor="test")
    change = EventChange(description="# Why\n\nBecause *so*. <script>")
    node.db.call(change_event, *where, change, actor="test")
    said = invited.look(site, "Ann")
    assert "Ticket: Guest" in said
    assert "49.50" not in said, "invitations are free unless the event asks"
    assert (
        "<p>Because <em>so</em>. &lt;script&gt;</p>"
        in site.request("GET", invited.links["Ann"], headers=BROWSER).body.decode()
    )
    doors = EventChange(payment_doors=(PayingDoor.INVITATION,))
    node.db.call(change_event, *where, doors, actor="test")
    assert "Ticket: Guest €49.50" in invited.look(site, "Ann")


def test_declining_and_thinking_again(site: AppClient, invited: Invited) -> None:
    assert "You are not coming" in Page(invited.press(site, "Bob", answer="decline").body).text
    assert "I will come after all" in invited.look(site, "Bob")
    assert "Your ticket:" in Page(invited.press(site, "Bob", answer="confirm").body).text
    assert "You are not coming" in Page(invited.press(site, "Bob", answer="decline").body).text
    assert invited.states() == {"Ann": "pending", "Bob": "declined"}


def test_declining_keeps_a_ticket_that_came_another_way(site: AppClient, invited: Invited) -> None:
    invited.add_by_staff("Ann")
    text = invited.look(site, "Ann")
    assert "You are coming Your ticket:" in text
    assert "It does not depend on this invitation, and stays when you decline." in text
    assert "in your mail" not in text
    text = Page(invited.press(site, "Ann", answer="decline").body).text
    assert "You have declined this invitation Thank you for telling us. You still have the" in text
    assert "Ask the host to cancel it if you cannot come." in text
    assert "You are not coming" not in text
    assert invited.states() == {"Ann": "declined", "Bob": "pending"}
    assert invited.valid("Ann") == ["staff"]


def test_what_staff_kept_after_the_answer_stays_when_it_is_declined(
    site: AppClient, invited: Invited
) -> None:
    text = Page(invited.press(site, "Ann", answer="confirm").body).text
    assert "it is in your mail, too" in text
    assert invited.add_by_staff("Ann") is False
    assert invited.valid("Ann") == ["staff"]
    text = Page(invited.press(site, "Ann", answer="decline").body).text
    assert "You have declined this invitation Thank you for telling us. You still have the" in text
    assert (invited.states()["Ann"], invited.valid("Ann")) == ("declined", ["staff"])


def test_declining_gives_back_what_the_invitation_gave(site: AppClient, invited: Invited) -> None:
    invited.press(site, "Ann", answer="confirm")
    assert invited.valid("Ann") == ["invitation"]
    text = Page(invited.press(site, "Ann", answer="decline").body).text
    assert "You are not coming Thank you for telling us." in text
    assert "still have" not in text
    assert invited.valid("Ann") == []


def test_when_nothing_is_left_the_page_says_so(site: AppClient, node: LocalNode) -> None:
    invited = Invited(node, places=1)
    assert "You are coming" in Page(invited.press(site, "Ann", answer="confirm").body).text
    text = Page(invited.press(site, "Bob", answer="confirm").body).text
    assert "No ticket is left. Your answer was not changed." in text
    assert "Will you come?" in text
    invited.press(site, "Ann", answer="decline")
    assert "You are coming" in Page(invited.press(site, "Bob", answer="confirm").body).text


def test_when_it_is_over_or_cancelled_there_is_nothing_to_press(
    site: AppClient, node: LocalNode, invited: Invited
) -> None:
    node.db.call(
        set_event_state, invited.org_id, invited.event_id, EventState.CANCELLED, actor="test"
    )
    text = invited.look(site, "Ann")
    assert "The event is cancelled." in text
    assert "Yes, I will come" not in text
    text = Page(invited.press(site, "Ann", answer="confirm").body).text
    assert "The event is cancelled. Your answer was not changed." in text
    over = Invited(node)
    node.execute(f"UPDATE events SET ends_at = 1 WHERE id = {over.event_id}")
    assert "The event is over." in over.look(site, "Ann")
    assert over.states() == {"Ann": "pending", "Bob": "pending"}


@pytest.mark.parametrize("form", [{}, {"answer": "perhaps"}])
def test_another_answer_is_refused(site: AppClient, invited: Invited, form: dict[str, str]) -> None:
    assert invited.press(site, "Ann", **form).status == 400
    assert invited.states()["Ann"] == "pending"


def test_a_link_that_was_changed_leads_nowhere(site: AppClient, invited: Invited) -> None:
    ann, bob = invited.links["Ann"], invited.links["Bob"]
    mixed = ann.partition("-")[0] + "-" + bob.partition("-")[2]
    for link in (mixed, ann[:-1] + ("0" if ann[-1] != "0" else "1"), "/invitation/x"):
        for method in ("GET", "POST"):
            answer = site.request(method, link, headers=BROWSER, body=b"answer=confirm")
            assert answer.status == 404
    assert invited.states() == {"Ann": "pending", "Bob": "pending"}


def test_what_was_done_stands_with_the_form_before_the_description(
    site: AppClient, invited: Invited
) -> None:
    form = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
    link = invited.links["Ann"]
    told = said(invited.node.db, link, "answered")
    answer = site.request("POST", link, headers=form, body=b"answer=confirm")
    assert (answer.status, answer.headers["location"].partition("?")[2]) == (
        *(303, f"done={told}#answer"),
    )
    html = site.request("GET", link, headers=BROWSER).body.decode()
    assert '<form method="post" action="#answer"' in html
    assert html.index('id="answer"') < html.index('role="status"') < html.index("Food &amp; music")


def test_personal_pages_lead_to_the_event_and_the_organizer(
    site: AppClient, invited: Invited
) -> None:
    change = EventChange(
        contact_name="Pat", contact_email="pat@example.com", contact_phone="+49 40 1"
    )
    db, where = invited.node.db, (invited.org_id, invited.event_id)
    db.call(change_event, *where, change, actor="test")
    legal = OrganizationChange(privacy_url="https://a.example/p", imprint_url="https://a.example/i")
    slug = db.call(get_organization_of, invited.org_id).slug
    db.call(change_organization, invited.org_id, legal, actor="test")
    wanted = [
        *(f"{page_path(slug)}/{invited.event_id}", "mailto:pat@example.com", "tel:+49401"),
        *("https://a.example/p", "https://a.example/i"),
    ]
    invited.press(site, "Ann", answer="confirm")
    ticket = f"/ticket/{invited.org_id}-{ticket_of(invited, 'Ann')}"
    looks = [site.request("GET", path, headers=BROWSER) for path in (invited.links["Ann"], ticket)]
    invited.press(site, "Ann", answer="decline")
    looks.append(site.request("GET", ticket, headers=BROWSER))
    for look in looks:
        page = Page(look.body)
        assert [link for link in page.links if link in wanted] == wanted
        assert "Acme · " in page.text


# -- the ticket's own page -------------------------------------------------------------------


def ticket_of(invited: Invited, name: str) -> str:
    found = invited.node.db.call(
        list_invitees, invited.org_id, invited.event_id, InviteeFilter(first_name=name)
    )
    return str(found[0].ticket_code)


def test_a_ticket_has_a_page_that_names_nobody(site: AppClient, invited: Invited) -> None:
    invited.press(site, "Ann", answer="confirm")
    code = ticket_of(invited, "Ann")
    answer = site.request("GET", f"/ticket/{invited.org_id}-{code.lower()}", headers=BROWSER)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    text = Page(answer.body).text
    assert "Ticket: Guest Party <b> Monday, 1 June 2099, 18:00" in text
    assert f"Show this code at the door: {code} PDF to print Add to calendar" in text
    assert "Ann" not in text
    scan = Scan(code=code, at=4_083_840_000_000)
    invited.node.db.call(check_in, invited.org_id, invited.event_id, scan)
    again = site.request("GET", f"/ticket/{invited.org_id}-{code}", headers=BROWSER)
    assert "Checked at 18:00 on 30 May 2099." in Page(again.body).text
    refused = Page(invited.press(site, "Ann", answer="decline").body).text
    assert "The ticket of this invitation is checked in already." in refused
    assert invited.states()["Ann"] == "confirmed"
    invited.node.db.call(undo_check_in, invited.org_id, invited.event_id, scan)
    invited.press(site, "Ann", answer="decline")
    gone = site.request("GET", f"/ticket/{invited.org_id}-{code}", headers=BROWSER)
    assert "Cancelled This ticket lets nobody in." in Page(gone.body).text


def test_a_ticket_has_files_that_name_nobody(site: AppClient, invited: Invited) -> None:
    invited.press(site, "Ann", answer="confirm")
    code = ticket_of(invited, "Ann")
    address = f"/ticket/{invited.org_id}-{code}"
    got = {
        name: site.request("GET", f"{address}/{name}")
        for name in ("ticket.pdf", "ticket.png", "ticket.svg", "event.ics")
    }
    assert [answer.headers["content-type"] for answer in got.values()] == [
        "application/pdf",
        "image/png",
        "image/svg+xml",
        "text/calendar; charset=utf-8",
    ]
    text = PdfReader(io.BytesIO(got["ticket.pdf"].body)).pages[0].extract_text()
    assert code in text
    assert "Ann" not in text
    picture = Image.open(io.BytesIO(got["ticket.png"].body)).convert("L")
    (signed,) = (barcode.text for barcode in zxingcpp.read_barcodes(picture))
    scan = Scan(code=signed, at=4_083_840_000_000)
    answer = invited.node.db.call(check_in, invited.org_id, invited.event_id, scan)
    assert answer.result is Result.ADMITTED
    assert site.request("GET", f"{address}/other.pdf").status == 404
    invited.node.db.call(undo_check_in, invited.org_id, invited.event_id, scan)
    invited.press(site, "Ann", answer="decline")
    assert site.request("GET", f"{address}/ticket.pdf").status == 404
    gone = site.request("GET", f"{address}/event.ics")
    assert (gone.status, b"METHOD:CANCEL" in gone.body, b"STATUS:CANCELLED" in gone.body) == (
        *(200, True, True),
    )


def test_when_nothing_is_left_an_invitee_may_wait(site: AppClient, node: LocalNode) -> None:
    invited = Invited(node, places=1)
    invited.press(site, "Ann", answer="confirm")
    text = Page(invited.press(site, "Bob", answer="confirm").body).text
    assert "Put me on the waiting list" in text
    text = Page(invited.press(site, "Bob", answer="wait").body).text
    assert "You are on the waiting list We write to you when a place is free." in text
    invited.press(site, "Ann", answer="decline")
    found = node.db.call(list_entries, invited.org_id, invited.event_id, limit=10)
    assert [(invitee.first_name, invitee.state.value) for invitee in found] == [("Bob", "offered")]


def test_who_confirms_is_told_how_to_pay_where_the_event_asks(
    site: AppClient, node: LocalNode
) -> None:
    invited = Invited(node)
    where = (invited.org_id, invited.event_id)
    [guest] = [
        kind.id
        for kind in node.db.call(get_shown_event, *where).ticket_types
        if kind.name == "Guest"
    ]
    node.db.call(edit_ticket_type, *where, guest, PRICE, actor="test")
    text = Page(invited.press(site, "Ann", answer="confirm").body).text
    assert "Please pay" not in text
    asked = EventChange(payment_doors=(PayingDoor.INVITATION,), payment_text="To DE02 <b>")
    node.db.call(change_event, *where, asked, actor="test")
    text = Page(invited.press(site, "Bob", answer="confirm").body).text
    assert "Please pay €49.50 by" in text
    assert "To DE02 <b>" in text


def test_a_ticket_that_is_none_has_no_page(site: AppClient, invited: Invited) -> None:
    invited.press(site, "Ann", answer="confirm")
    code = ticket_of(invited, "Ann")
    for address in (
        f"1-{code}",
        code,
        f"{invited.org_id}-NOSUCH",
        f"x-{code}",
        f"{invited.org_id}-",
    ):
        assert site.request("GET", f"/ticket/{address}", headers=BROWSER).status == 404
