"""Templates and canned answers in the console: kept, picked from a menu, changed by two at once."""

import re

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, job
from tests.core.messaging.test_replies import reply
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.messages.test_jobs import post
from tests.web.console.test_event_flows import done_of
from turnout.core.ids import EventId, OrgId
from turnout.core.messaging.canned_answers import list_canned
from turnout.core.messaging.model import Channel, JobType
from turnout.core.messaging.outcomes import Accepted
from turnout.core.messaging.reading_replies import ReplyFilter, list_replies
from turnout.core.messaging.templates import list_templates

BASE = "/console/rail/messages"
SAID = {"channel": "email", "name": "Welcome", "purpose": "service", "text": "Hi %%firstname%%"}


def test_a_template_is_kept_picked_copied_and_deleted(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    page = f"{BASE}/templates/new"
    assert "No templates yet" in desk.read(f"{BASE}/templates")
    assert desk.send(page, page, **SAID | {"text": ""}).status == 422
    assert desk.send(page, page, **SAID | {"channel": "zz"}).status == 422
    long = desk.send(page, page, **SAID | {"text": "x" * 100_001})
    assert (long.status, '<a href="#f-text">' in long.body.decode()) == (422, True)
    kept = desk.send(page, page, **SAID, subject="Doors", html="<p>Hi</p>")
    assert done_of(kept) == "saved"
    assert desk.send(page, page, **SAID | {"name": "welcome"}).status == 422
    (made,) = node.db.call(list_templates, org_id)
    # Compose begins with it, by a link or by its menu, which keeps what else was typed.
    for new in (f"{BASE}/new", f"/console/{events['Summit']}/messages/new"):
        begun = desk.read(f"{new}?template={made.id}")
        assert 'value="Doors"' in begun
        assert "Hi %%firstname%%</textarea>" in begun
        picked = desk.send(new, new, channel="email", name="To all", template=str(made.id))
        text = picked.body.decode()
        assert (picked.status, 'value="Doors"' in text, 'value="To all"' in text) == (
            200,
            *[True] * 2,
        )
        texts = desk.send(new, new, channel="email", to_channel="sms").body.decode()
        assert "No template for this channel yet." in texts
    one = f"{BASE}/templates/{made.id}"
    copied = desk.send(one, one, copy="1", copy_name="Second")
    assert done_of(copied) == "copied"
    assert "Delete the template" in desk.read(f"{one}?delete=1")
    assert done_of(desk.send(one, f"{one}?delete=1", delete="1")) == "deleted"
    (left,) = node.db.call(list_templates, org_id, Channel.EMAIL)
    assert left.said == made.said._replace(name="Second")
    assert desk.open(one).status == 404
    assert desk.open(f"/console/{events['Summit']}/messages/templates").status == 404


def test_two_who_change_one_template_lose_nothing(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    page = f"{BASE}/templates/new"
    desk.send(page, page, **SAID | {"name": "Shared"})
    one = next(one for one in node.db.call(list_templates, org_id) if one.name == "Shared")
    path = f"{BASE}/templates/{one.id}"
    version = re.findall(r'name="version" value="([^"]+)"', desk.read(path))[0]
    first = SAID | {"name": "Shared", "version": version, "text": "Mine"}
    assert done_of(desk.send(path, path, **first)) == "saved"
    late = desk.send(path, path, **first | {"text": "Theirs"})
    text = late.body.decode()
    assert (late.status, "Mine" in text, "Theirs" in text) == (422, True, True)


def test_a_canned_answer_is_put_into_an_answer_filled_in(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    page = f"{BASE}/answers"
    given = {"name": "Parking", "text": "Of %%message%%: behind the hall. %%user%%"}
    assert done_of(desk.send(page, page, **given)) == "saved"
    assert desk.send(page, page, **given).status == 422
    (one,) = node.db.call(list_canned, org_id)
    changed = given | {"number": str(one.id), "text": given["text"] + " %%x%%"}
    assert done_of(desk.send(page, f"{page}?edit={one.id}", **changed)) == "saved"
    number = post(node, NUMBERS[910:911], name="Coming?", job_type=JobType.TWO_WAY_SMS)
    while job(node.db, number, "open") != (0,):
        answer(node.db, claim_all(node.db), Accepted(is_final=True))
    reply(node.db, NUMBERS[910], "Where do I park?")
    (line,) = node.db.call(list_replies, org_id, ReplyFilter(job_id=number), limit=9)
    path = f"{BASE}/replies/{line.id}"
    filled = desk.send(path, path, do="answer", text="Hi.", insert=str(one.id))
    said = re.findall(r"<textarea[^>]*>\n?(.*?)</textarea>", filled.body.decode(), re.DOTALL)
    assert (filled.status, said) == (200, ["Hi.\nOf Coming?: behind the hall. Rail/Owner"])
    assert done_of(desk.send(page, page, number=str(one.id), delete="1")) == "deleted"
    assert node.db.call(list_canned, org_id) == []
