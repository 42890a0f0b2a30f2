"""What strangers typed of themselves, in every message that goes out in the organization's name."""

import io
import json

import pytest
from pypdf import PdfReader

from tests.core.messaging.jobs import PRICES, make_login
from tests.core.registrations.hall import GUESTS, Hall
from tests.core.test_neutral import links
from tests.support.turns import run_schedules, tell_of_list
from turnout.core.audience.links import list_watch_links
from turnout.core.identity.users import create_user
from turnout.core.invitations.campaigns import send_campaign
from turnout.core.messaging.accepting import Policy, accept_job
from turnout.core.messaging.model import Content, JobType, NewJob
from turnout.core.messaging.prices import Prices
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.live_lists import resolve
from turnout.core.registrations.offers import join_list
from turnout.core.tickets.mails import claim_ticket_mails, draw_attachments, send_ticket_mail
from turnout.errors import Invalid

BASE = "http://turnout.test"
POISON = {
    "title": "http://evil.example/title",
    "first_name": "You won! https://evil.example/x",
    "last_name": "www.evil.example \u202eelpmaxe\u202c",
    "company": "evil\u3002example " + "x" * 80,
    "phone": "evil.example",
}


@pytest.fixture
def hall(node) -> Hall:
    """Two seats, for guests who are all poisoners."""
    hall = Hall(node, None, (2, 1))
    slug = f"au/poison-{hall.org_id}"
    node.db.call(create_user, hall.org_id, slug, name="H", email="h@example.com", actor="test")
    for guest in GUESTS:
        columns = ", ".join(f"{name} = '{text}'" for name, text in POISON.items())
        node.execute(
            f"UPDATE people SET {columns} WHERE org_id = {hall.org_id} "
            f"AND email = '{guest}@example.com'"
        )
    return hall


def typed(guest: str) -> Contact:
    """What gets in today; rows of an older Turnout have overrides of direction, too."""
    texts = POISON | {"last_name": "www.evil.example elpmaxe"}
    return Contact(email=f"{guest}@example.com", **texts)


def test_an_override_of_direction_does_not_get_in(hall) -> None:
    contact = Contact(email="a@example.com", **POISON)
    with pytest.raises(Invalid) as failure:
        hall.call(register_directly, hall.event_id, hall.type_ids[0], contact)
    assert failure.value.code == "contact.control"


def queued(hall: Hall) -> list[str]:
    """Every text of a message that waits: names and merge fields."""
    statement = f"SELECT name, fields FROM recipients WHERE org_id = {hall.org_id} ORDER BY id"
    rows = hall.db.call(lambda tx: tx.connection.execute(statement).fetchall())
    own = ("event", "link", "ticketcode", "email", "subject")
    texts = []
    for name, fields in rows:
        texts.append(name)
        given = json.loads(fields or "{}")
        texts += [text for key, text in given.items() if key.lower() not in own]
    return texts


def pressed(text: str) -> list[str]:
    """What can be pressed in a text, our own links excepted."""
    words = [word for word in text.split() if not word.startswith(BASE)]
    return links(" ".join(words)) if "evil" in text else []


def test_no_message_has_what_a_stranger_typed_as_a_link(hall) -> None:
    hall.call(register_directly, hall.event_id, hall.type_ids[0], typed("a"))
    hall.call(register_directly, hall.event_id, hall.type_ids[0], typed("b"))
    for guest in "cd":
        hall.call(join_list, hall.event_id, hall.type_ids[0], typed(guest))
    hall.db.call(tell_of_list, BASE)
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    hall.db.call(tell_of_list, BASE)
    hall.call(register_directly, hall.event_id, hall.type_ids[1], typed("f"))
    hall.call(send_campaign, hall.campaigns[0], BASE, actor="test")
    printed = []
    for mail in hall.db.call(claim_ticket_mails):
        if mail.org_id == hall.org_id:
            drawn = draw_attachments(mail, BASE)
            hall.db.call(send_ticket_mail, mail, drawn, BASE, list_watch_links)
            texts = {file.name: file.content for file in drawn}
            printed.append(PdfReader(io.BytesIO(texts["ticket.pdf"])).pages[0].extract_text())
            printed.append(texts["event.ics"].decode())
    assert len(printed) == 2 * 3  # a, b and f
    assert "You won! www evil example elpmaxe" in printed[0].replace("\n", " ")
    found = queued(hall) + printed
    assert any("evil" in text for text in found)
    assert [text for text in found if pressed(text)] == []
    assert not any("\u202e" in text or "https://evil" in text for text in found)


@pytest.mark.parametrize("job_type", [JobType.EMAIL, JobType.SMS])
def test_live_lists_have_neutral_texts_and_what_is_stored_stays(hall, job_type) -> None:
    hall.call(register_directly, hall.event_id, hall.type_ids[0], typed("a"))
    new = NewJob(
        job_type=job_type,
        name="News",
        content=Content(subject="%%FirstName%%", text="%%recipient%% %%Company%% %%Title%%"),
        list_ids=(f"event:{hall.event_id}", f"event:{hall.event_id}:pending"),
    )
    login = hall.call(make_login, f"au/news-{hall.org_id}-{job_type.value}")
    hall.db.call(accept_job, login, new, [], Policy(Prices(""), ("61400000000",), "a@example.com"))
    while hall.db.call(run_schedules, resolve, PRICES):
        pass
    found = queued(hall)
    assert "You won! www evil example elpmaxe" in found
    assert [text for text in found if pressed(text)] == []
    assert max(map(len, found)) <= 60
    person = hall.call(find_person, "a@example.com")
    assert person.contact.last_name == POISON["last_name"]
