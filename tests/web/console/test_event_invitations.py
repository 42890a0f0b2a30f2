"""Invitations: composed, tried out, sent, answered for somebody, withdrawn."""

import html
import re
from typing import Any

import pytest

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.test_event_flows import done_of, fields_of
from tests.web.console.test_event_news import Stage
from turnout.core.events.model import EventState
from turnout.core.events.programme import list_ticket_types
from turnout.core.ids import OrgId
from turnout.core.invitations.campaigns import Campaign, list_campaigns
from turnout.core.invitations.invitees import InviteeFilter, list_invitees
from turnout.core.registrations.announcing import postpone_without_date
from turnout.core.registrations.places import set_event_capacity


@pytest.fixture
def stage(node: LocalNode, org_id: OrgId, desk: Desk) -> Stage:
    return Stage(node, org_id, desk, EventState.OPEN)


def make(stage: Stage) -> Campaign:
    """An invitation, as its form begins."""
    (kind,) = stage.db.call(list_ticket_types, stage.org_id, stage.id)
    given: dict[str, Any] = fields_of(stage.desk.read(f"{stage.base}/invitations/new"))
    given |= {"ticket_type": [str(kind.id)], "sender_email": ["hosts@example.com"]}
    assert done_of(stage.send("/invitations/new", **given)) == "made"
    ((campaign, _),) = stage.db.call(list_campaigns, stage.org_id, stage.id)
    return campaign


def test_an_invitation_from_its_text_to_the_answers(stage: Stage) -> None:
    stage.db.call(set_event_capacity, stage.org_id, stage.id, 9, actor="test")
    campaign = make(stage)
    path = f"/invitations/{campaign.id}"
    people = "Cid Guest <cid@example.com>\ndan@example.com, Dan\neve@example.com"
    assert done_of(stage.send(path, add="1", people=people)) == "added"
    found = stage.db.call(list_invitees, stage.org_id, stage.id, InviteeFilter())
    assert [(one.email, one.first_name, one.last_name) for one in found] == [
        ("cid@example.com", "Cid", "Guest"),
        ("dan@example.com", "Dan", ""),
        ("eve@example.com", "", ""),
    ]
    seen = stage.send(
        path, preview="1", subject="For %%firstname%%", body="%%link%%", seen_by=found[0].id
    )
    assert "<b>For Cid</b>" in seen.body.decode()
    before = stage.jobs()
    assert done_of(stage.send(path, test="1", to="me@example.com")) == "tested"
    assert "Send to 3 people" in stage.desk.read(f"{stage.base}{path}")
    assert done_of(stage.send(path, send="1")) == "sent"
    assert stage.jobs() == before + 2
    assert "Remind 3 people" in stage.desk.read(f"{stage.base}{path}")
    assert done_of(stage.send(path, confirm=found[0].id)) == "confirmed"
    assert done_of(stage.send(path, decline=found[1].id)) == "declined"
    assert done_of(stage.send(path, withdraw=found[2].id)) == "withdrawn"
    refused = stage.send(path, withdraw=found[0].id)
    assert refused.status == 422
    assert "They said yes already" in refused.body.decode()
    states = {
        one.email: one.state
        for one in stage.db.call(list_invitees, stage.org_id, stage.id, InviteeFilter())
    }
    assert states == {"cid@example.com": "confirmed", "dan@example.com": "declined"}
    assert done_of(stage.send(path, remind="1")) == "nobody"


def test_who_is_registered_already_is_said_and_keeps_their_name(stage: Stage) -> None:
    path = f"/invitations/{make(stage).id}"
    assert done_of(stage.send(path, add="1", people="Mina Zhang <ann@example.com>")) == "added"
    (one,) = stage.db.call(list_invitees, stage.org_id, stage.id, InviteeFilter())
    assert (one.first_name, one.last_name) == ("Ann", "Guest")
    assert "Registered already" in stage.desk.read(f"{stage.base}{path}")


def test_what_an_answer_for_somebody_leads_to_is_said(stage: Stage) -> None:
    """Of somebody who is registered already, and of somebody whom the invitation registers."""
    stage.db.call(set_event_capacity, stage.org_id, stage.id, 3, actor="test")
    path = f"/invitations/{make(stage).id}"
    assert done_of(stage.send(path, add="1", people="ann@example.com\ncid@example.com")) == "added"
    ann, cid = stage.db.call(list_invitees, stage.org_id, stage.id, InviteeFilter())
    stays = stage.send(path, decline=ann.id)
    assert done_of(stays) == "stays"
    page = stage.desk.read(stays.headers["location"])
    assert "They stay registered: their ticket came another way." in page
    (link,) = re.findall(r'href="([^"]+)"><span class="tag go">.*?Registered already', page)
    assert "Ann Guest" in stage.desk.read(link)
    assert done_of(stage.send(path, confirm=ann.id)) == "kept"
    assert done_of(stage.send(path, confirm=cid.id)) == "confirmed"
    assert done_of(stage.send(path, decline=cid.id)) == "given_back"
    assert done_of(stage.send(path, confirm=cid.id)) == "confirmed"


def test_a_text_that_is_typed_stays_while_people_are_added(stage: Stage) -> None:
    path = f"/invitations/{make(stage).id}"
    given: dict[str, Any] = fields_of(stage.desk.read(f"{stage.base}{path}"))
    given |= {"subject": "Typed", "add": "1", "people": "cid@example.com"}
    shown = stage.send(path, **given)
    assert shown.status == 200
    assert 'value="Typed"' in shown.body.decode()
    assert "They are added. Nothing is sent yet." in shown.body.decode()


def test_what_goes_out_is_what_was_typed(stage: Stage) -> None:
    path = f"/invitations/{make(stage).id}"
    assert done_of(stage.send(path, add="1", people="cid@example.com")) == "added"
    given: dict[str, Any] = fields_of(stage.desk.read(f"{stage.base}{path}"))
    wrong = stage.send(path, **given | {"body": "No link", "send": "1"})
    assert (wrong.status, "No link</textarea>" in wrong.body.decode()) == (422, True)
    planned = given | {"subject": "Later", "plan": "1", "send_at": "2001-01-01T09:00"}
    late = stage.send(path, **planned)
    assert (late.status, "has passed" in late.body.decode()) == (422, True)
    again: dict[str, Any] = fields_of(late.body.decode())
    assert again["subject"] == ["Later"]
    assert done_of(stage.send(path, **again | {"subject": "Typed", "send": "1"})) == "sent"
    ((campaign, _),) = stage.db.call(list_campaigns, stage.org_id, stage.id)
    assert campaign.subject == "Typed"
    clash = stage.send(path, **given | {"subject": "Old", "remind": "1"})
    assert "You saved this in another window" in clash.body.decode()
    assert 'value="Old"' in clash.body.decode()


def test_a_text_that_is_typed_stays_while_somebody_is_answered_for(stage: Stage) -> None:
    path = f"/invitations/{make(stage).id}"
    assert done_of(stage.send(path, add="1", people="cid@example.com")) == "added"
    (one,) = stage.db.call(list_invitees, stage.org_id, stage.id, InviteeFilter())
    given: dict[str, Any] = fields_of(stage.desk.read(f"{stage.base}{path}"))
    shown = stage.send(path, **given | {"subject": "Typed", "decline": one.id})
    assert shown.status == 200
    assert 'value="Typed"' in shown.body.decode()
    (one,) = stage.db.call(list_invitees, stage.org_id, stage.id, InviteeFilter())
    assert one.state == "declined"


def test_a_line_without_an_address_is_said(stage: Stage) -> None:
    path = f"/invitations/{make(stage).id}"
    wrong = stage.send(path, add="1", people="cid@example.com\n\nDan")
    page = wrong.body.decode()
    assert wrong.status == 422
    assert "Line 3 has no email address: Dan" in page
    assert "cid@example.com\n\nDan</textarea>" in page.replace("\r", "")
    assert stage.db.call(list_invitees, stage.org_id, stage.id, InviteeFilter()) == []


def test_a_text_without_its_link_is_refused(stage: Stage) -> None:
    campaign = make(stage)
    path = f"/invitations/{campaign.id}"
    given: dict[str, Any] = fields_of(stage.desk.read(f"{stage.base}{path}"))
    wrong = stage.send(path, **(given | {"body": "Come."}))
    assert wrong.status == 422
    assert '<a href="#f-body">' in wrong.body.decode()
    assert done_of(stage.send(path, **(given | {"subject": "Theirs"}))) == "saved"
    clash = stage.send(path, **(given | {"subject": "Mine"}))
    assert "You saved this in another window" in clash.body.decode()


def test_merge_fields_are_spelt_or_refused(stage: Stage) -> None:
    path = f"/invitations/{make(stage).id}"
    given: dict[str, Any] = fields_of(stage.desk.read(f"{stage.base}{path}"))
    body = "Hello %%first_name%%: %%link%%"
    seen = stage.send(path, **(given | {"body": body, "preview": "1"})).body.decode()
    assert "Hello Ada: http" in seen
    assert done_of(stage.send(path, **(given | {"body": body}))) == "saved"
    ((campaign, _),) = stage.db.call(list_campaigns, stage.org_id, stage.id)
    assert campaign.body == "Hello %%firstname%%: %%link%%"
    again: dict[str, Any] = fields_of(stage.desk.read(f"{stage.base}{path}"))
    wrong = stage.send(path, **(again | {"body": "%%nonsense%% %%link%%"}))
    page = html.unescape(wrong.body.decode())
    assert wrong.status == 422
    assert "There is no field %%nonsense%% here. Known are %%recipient%%, %%firstname%%" in page
    assert '<a href="#f-body">' in page
    body = "%%frstname%% %%recipient% %%zzz%% %% event %% %%link%%"
    seen = stage.send(path, **(again | {"body": body, "preview": "1"})).body.decode()
    wrong = stage.send(path, **(again | {"body": body}))
    assert wrong.status == 422
    said = (
        "There is no field %%frstname%%, %%zzz%%, %%recipient% here. Is %%frstname%% meant to be "
    )
    said += "%%firstname%%? Is %%recipient% meant to be %%recipient%%?"
    for page in (seen, wrong.body.decode()):
        assert said in html.unescape(page)
    assert f" {stage.title} http" in seen


def test_yes_is_not_said_for_somebody_to_a_postponed_event(stage: Stage) -> None:
    path = f"/invitations/{make(stage).id}"
    assert done_of(stage.send(path, add="1", people="dot@example.com")) == "added"
    number = re.findall(r'name="confirm" value="(\d+)"', stage.desk.read(f"{stage.base}{path}"))[0]
    stage.db.call(postpone_without_date, stage.org_id, stage.id, is_quiet=True, actor="test")
    refused = stage.send(path, confirm=number)
    assert refused.status == 422
    assert "The event is postponed: nobody registers before" in refused.body.decode()


def test_an_invitation_of_another_event_is_not_shown(stage: Stage, desk: Desk) -> None:
    campaign = make(stage)
    other = Stage(stage.node, stage.org_id, desk, EventState.OPEN)
    assert desk.open(f"{other.base}/invitations/{campaign.id}").status == 404


def test_an_invitation_is_scheduled_and_its_reminder_says_something_else(stage: Stage) -> None:
    campaign = make(stage)
    path = f"/invitations/{campaign.id}"
    page = f"{stage.base}{path}"
    assert done_of(stage.send(path, add="1", people="Cid <cid@example.com>")) == "added"
    given: dict[str, Any] = fields_of(stage.desk.read(page))
    given |= {"reminder_subject": ["Still time"], "reminder_body": ["Once more: %%link%%"]}
    assert done_of(stage.send(path, **given)) == "saved"
    assert "<b>Still time</b>" in stage.desk.read(page)
    late = stage.send(path, plan="1", send_at="2001-01-01T09:00")
    assert (late.status, "has passed" in late.body.decode()) == (422, True)
    for when in ("2027-05-10T09:00", "2027-05-11T09:00"):
        assert done_of(stage.send(path, plan="1", send_at=when)) == "planned"
    shown = stage.desk.read(page)
    assert "The invitation goes" in shown
    assert "It goes to 1 person then" in shown
    assert re.search(r"<td>Goes [^<]*11 May", shown)
    assert "Everybody in it was written to" not in shown
    listed = stage.desk.read(f"{stage.base}/invitations")
    assert re.search(r"Goes [^<]*11 May[^<]*\(Europe/Berlin\)", listed)
    assert "Not sent" not in listed
    for place in (stage.base, "/console"):
        assert re.search(
            rf"Invitation: {campaign.name}</a></b>.*11 May[^<]*\(Europe/Berlin\)",
            stage.desk.read(place),
        )
    assert done_of(stage.send(path, unplan="1")) == "unplanned"
    assert "The invitation goes" not in stage.desk.read(page)
    assert done_of(stage.send(path, plan_reminder="1", remind_at="2027-05-11T09:00")) == "planned"
    assert done_of(stage.send(path, send="1")) == "sent"
    assert (
        done_of(stage.send(path, add="1", people="late@example.com\ngone@example.com")) == "added"
    )
    lost = "UPDATE people SET email = '' WHERE email = 'gone@example.com'"
    stage.db.call(lambda tx: tx.connection.execute(lost))
    shown = stage.desk.read(page)
    assert "Send to 1 person" in shown
    assert "1 person in it has no email address and is left out." in shown
    before = stage.jobs()
    assert done_of(stage.send(path, test_reminder="1", to="me@example.com")) == "tested"
    assert done_of(stage.send(path, remind="1")) == "reminded"
    assert stage.jobs() == before + 2
    shown = stage.desk.read(page)
    assert "The reminder goes" not in shown
    assert re.search(r"reminded [^<]*20", shown)


def test_a_time_that_the_clock_skips_is_refused_for_an_invitation(stage: Stage) -> None:
    path = f"/invitations/{make(stage).id}"
    given: dict[str, Any] = fields_of(stage.desk.read(f"{stage.base}{path}"))
    refused = stage.send(path, **(given | {"plan": "1", "send_at": "2027-03-28T02:30"}))
    assert refused.status == 422
    assert "does not exist in Europe/Berlin" in refused.body.decode()
