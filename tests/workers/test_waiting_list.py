"""The loops of waiting lists and ticket mails: what is queued with its cause goes out, once."""

import asyncio
import io

import icalendar
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from tests.core.messaging.jobs import PRICES
from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from tests.support.turns import move_on, tell_of_list
from tests.workers.conftest import until
from turnout.core.audience.entering import send_entry_code
from turnout.core.audience.links import list_watch_links
from turnout.core.checkin.attendees import read_ticket
from turnout.core.identity.users import create_user
from turnout.core.mails.model import MailKind
from turnout.core.messaging.files import read_file
from turnout.core.messaging.model import NOBODY
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.queue_items import list_oldest_waits
from turnout.core.tickets.mails import (
    ATTEMPTS,
    CLAIM_MS,
    claim_ticket_mails,
    draw_attachments,
    postpone_ticket_mail,
    send_ticket_mail,
    write_to_guest,
)
from turnout.core.work.claims import set_aside
from turnout.workers.waiting_list import waiting_loops

BASE = "http://turnout.test"


@pytest.fixture
def hall(node) -> Hall:
    """One seat, which is a's."""
    hall = Hall(node, None, (1, 1))
    node.db.call(create_user, hall.org_id, "au/hall", name="H", email="h@example.com", actor="test")
    hall.call(register_directly, hall.event_id, hall.type_ids[0], contact("a"))
    return hall


def count(node, question: str) -> int:
    return node.db.call(lambda tx: tx.connection.execute(question).fetchone()[0])


def jobs(node) -> int:
    return count(node, "SELECT count(*) FROM jobs")


def files(node, hall: Hall) -> dict[str, tuple[str, bytes]]:
    """The files of the only job: type and content by name."""
    question = "SELECT name, content_type, digest FROM job_files ORDER BY number"

    def read(tx):
        return {
            name: (content_type, read_file(tx, hall.org_id, digest))
            for name, content_type, digest in tx.connection.execute(question).fetchall()
        }

    return node.db.call(read)


def run(node, condition) -> None:
    async def go() -> None:
        loops = waiting_loops(node.db, BASE, PRICES)
        for loop in loops:
            loop.start()
        try:
            await until(condition)
        finally:
            await asyncio.gather(*(loop.stop() for loop in loops))

    asyncio.run(go())


def test_a_ticket_is_mailed_with_everything_that_shows_it(node, hall):
    async def is_mailed() -> bool:
        return await node.db.read(lambda tx: tx.connection.execute(
            "SELECT count(*) FROM job_files").fetchone()[0]) == 4  # fmt: skip

    run(node, is_mailed)
    assert count(node, "SELECT count(*) FROM ticket_mails") == 0
    code = hall.code("a")
    _, ticket = hall.call(read_ticket, code)
    found = files(node, hall)
    assert {name: kind for name, (kind, _) in found.items()} == {
        "ticket.pdf": "application/pdf",
        "ticket.png": "image/png",
        "ticket.svg": "image/svg+xml",
        "event.ics": "text/calendar; method=PUBLISH; charset=utf-8",
    }
    text = PdfReader(io.BytesIO(found["ticket.pdf"][1])).pages[0].extract_text()
    for words in ("Hall", "Dinner", "A Guest", code, "Tuesday, 1 June 2027, 09:00 to 17:00"):
        assert words in text
    picture = Image.open(io.BytesIO(found["ticket.png"][1])).convert("L")
    assert [barcode.text for barcode in zxingcpp.read_barcodes(picture)] == [ticket.signed]
    (entry,) = icalendar.Calendar.from_ical(found["event.ics"][1]).walk("VEVENT")
    assert str(entry["url"]) == f"{BASE}/ticket/{hall.org_id}-{code}"


def test_two_workers_that_drew_one_ticket_mail_it_once(node, hall):
    (mail,) = node.db.call(claim_ticket_mails)
    assert node.db.call(claim_ticket_mails) == []
    node.clock.advance(CLAIM_MS / 1000)  # the claim runs out
    (same,) = node.db.call(claim_ticket_mails)
    drawn = draw_attachments(mail, BASE)
    for mail_ in (mail, same):
        node.db.call(send_ticket_mail, mail_, drawn, BASE, list_watch_links)
    assert jobs(node) == 1


def test_a_worker_that_was_frozen_puts_no_mail_of_another_off(node, hall):
    (mail,) = node.db.call(claim_ticket_mails)
    node.clock.advance(CLAIM_MS / 1000)  # the claim runs out
    (same,) = node.db.call(claim_ticket_mails)
    node.db.call(postpone_ticket_mail, mail)
    assert (jobs(node), count(node, "SELECT attempts FROM ticket_mails")) == (0, 0)
    node.db.call(send_ticket_mail, same, [], BASE, list_watch_links)
    assert (jobs(node), count(node, "SELECT count(*) FROM ticket_mails")) == (1, 0)


def test_mails_that_no_user_asked_for_are_nobodys_and_go_out_without_users(node, hall):
    bare = Hall(node, None, (1, 1))  # an organization without any user
    for hall_ in (hall, bare):
        if hall_ is bare:
            hall_.call(register_directly, hall_.event_id, hall_.type_ids[0], contact("a"))
        hall_.call(join_list, hall_.event_id, hall_.type_ids[0], contact("b"))
        hall_.call(write_to_guest, hall_.event_id, "c@example.com", MailKind.NO_PLACE, BASE, "")
        hall_.call(send_entry_code, hall_.event_id, "a@example.com")
    while node.db.call(tell_of_list, BASE):
        pass
    for mail in node.db.call(claim_ticket_mails):
        node.db.call(send_ticket_mail, mail, [], BASE, list_watch_links)
    for hall_ in (hall, bare):
        owners = f"SELECT count(*) FROM jobs WHERE org_id = {hall_.org_id} AND user_id = {NOBODY}"
        assert count(node, owners) == 4
    assert jobs(node) == 8


def test_a_ticket_that_was_cancelled_meanwhile_is_not_mailed(node, hall):
    (mail,) = node.db.call(claim_ticket_mails)
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    node.db.call(send_ticket_mail, mail, [], BASE, list_watch_links)
    assert (jobs(node), count(node, "SELECT count(*) FROM ticket_mails")) == (0, 0)


def test_a_ticket_that_cannot_be_drawn_is_tried_again_and_then_given_up(node, hall):
    for attempt in range(ATTEMPTS):
        (mail,) = node.db.call(claim_ticket_mails)
        assert mail.attempts == attempt
        node.db.call(postpone_ticket_mail, mail)
        assert node.db.call(claim_ticket_mails) == []
        node.clock.advance(60 * 2**attempt)
    assert count(node, "SELECT count(*) FROM ticket_mails") == 0


def test_offers_lapse_and_move_on_by_themselves(node, hall):
    for guest in "bc":
        hall.call(join_list, hall.event_id, hall.type_ids[0], contact(guest))
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    node.clock.advance(48 * 3600)

    async def has_moved_on() -> bool:
        states = await node.db.read(lambda tx: tx.connection.execute(
            "SELECT state FROM waiting_entries ORDER BY id").fetchall())  # fmt: skip
        mails = await node.db.read(lambda tx: tx.connection.execute(
            "SELECT 1 FROM jobs WHERE name LIKE 'A place is free%'").fetchall())  # fmt: skip
        return [state for (state,) in states] == ["lapsed", "offered"] and bool(mails)

    run(node, has_moved_on)
    assert count(node, "SELECT count(*) FROM jobs WHERE name LIKE 'A place is free%'") == 1


def test_an_organization_without_users_mails_its_tickets(node):
    hall = Hall(node, None, (1, 1))
    hall.call(register_directly, hall.event_id, hall.type_ids[0], contact("a"))
    (mail,) = node.db.call(claim_ticket_mails)
    node.db.call(send_ticket_mail, mail, [], BASE, list_watch_links)
    assert (jobs(node), count(node, "SELECT count(*) FROM ticket_mails")) == (1, 0)


def test_doctors_question_what_waits_counts_what_is_claimed_and_not_what_is_set_aside(node, hall):
    hall.call(join_list, hall.event_id, hall.type_ids[0], contact("b"))
    asked_at = node.clock.now
    (mail,) = node.db.call(claim_ticket_mails)
    node.clock.advance(61)
    waits = {"ticket mail": asked_at, "list mail": asked_at}
    assert node.db.call(list_oldest_waits) == waits
    node.db.call(set_aside, "ticket mail", mail.claim.key, "test")
    assert node.db.call(list_oldest_waits) == {"list mail": asked_at}
    while node.db.call(tell_of_list, BASE):
        pass
    assert node.db.call(list_oldest_waits) == {}
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    node.db.call(move_on)
    assert set(node.db.call(list_oldest_waits)) == {"list mail"}
    node.clock.advance(48 * 3600)
    assert set(node.db.call(list_oldest_waits)) == {"offer"}
