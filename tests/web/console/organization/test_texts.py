"""Default texts of mails: kept, shown, tested and taken back."""

import re

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.test_event_flows import done_of
from turnout.core.events.showing import get_shown_event
from turnout.core.ids import EventId, OrgId
from turnout.core.mails.defaults import list_default_texts
from turnout.core.mails.model import MailKind
from turnout.core.mails.sending import choose_for

TEXTS = "/console/rail/settings/texts"
PATH = f"{TEXTS}/reminder"


def version(desk: Desk, path: str) -> str:
    return re.findall(r'name="version" value="([^"]+)"', desk.read(path))[0]


def test_without_an_event_there_is_no_preview(desk: Desk) -> None:
    assert "A mail is shown here once you have an event." in desk.read(PATH)
    fields = {"to": "me@example.com", "subject": "S", "body": "B", "test": "1"}
    assert desk.send(PATH, PATH, **fields).status == 422


def test_a_text_counts_at_every_event_without_its_own(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    def choose() -> str:
        shown = node.db.call(get_shown_event, org_id, events["Summit"])
        return node.db.call(choose_for, org_id, shown, MailKind.REMINDER, "en").text.subject

    usual = choose()
    text = {"subject": "Soon: %%event%%", "body": "See you, %%first_name%%.", "language": "en"}
    sent = desk.send(PATH, PATH, version=version(desk, PATH), **text)
    assert done_of(sent) == "saved"
    assert choose() == "Soon: %%event%%"
    page = desk.read(PATH)
    assert "Your own words" in page
    assert "See you, Ada." in page
    assert re.search(r"reminder.*?<span class=\"tag kind\">[^<]*en", desk.read(TEXTS), re.DOTALL)
    event = desk.read(f"/console/{events['Summit']}/texts/reminder")
    assert "Words of your organization" in event
    tested = desk.send(PATH, PATH, to="me@example.com", test="1", **text)
    assert done_of(tested) == "tested"
    typed = desk.send(PATH, PATH, to="me@example.com", test="1", **text | {"subject": "Now"})
    assert (typed.status, 'value="Now"' in typed.body.decode()) == (200, True)
    assert done_of(desk.send(PATH, PATH, language="en", reset="1")) == "reset"
    assert choose() == usual
    assert node.db.call(list_default_texts, org_id) == []


def test_what_cannot_be_a_mail_is_said_beside_its_field(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    fields = {"version": version(desk, PATH), "language": "de", "subject": "Bald"}
    for body in ("", "%%iban%%"):
        answer = desk.send(PATH, PATH, body=body, **fields)
        assert answer.status == 422
        assert '<a href="#f-body">' in answer.body.decode()
    stale = fields | {"version": "0" * 16, "body": "Bis bald"}
    clash = desk.send(PATH, PATH, **stale)
    assert clash.status == 422
    assert "clash-box" in clash.body.decode()
    assert node.db.call(list_default_texts, org_id) == []
    assert desk.open(f"{TEXTS}/nothing").status == 404
