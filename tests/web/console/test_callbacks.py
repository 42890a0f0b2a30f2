"""Callbacks: seen with their tries, posted again; those of others do not exist."""

import html
import re
import time
from pathlib import Path
from typing import Any

from tests.support.builder import make_organization
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from turnout.core.audit.recording import list_entries
from turnout.core.callbacks.model import CallbackState, ClaimedCallback, NewCallback
from turnout.core.callbacks.outbox import add_callbacks, get_callback, list_callbacks
from turnout.core.identity.model import Role
from turnout.core.ids import CallbackId, JobId, OrgId, RecipientId
from turnout.workers.callbacks import make_headers

PAGE = "/console/rail/callbacks"
DOCUMENT = Path(__file__).parents[3] / "docs" / "messaging-api.md"
LINES = re.compile(r"<pre [^>]*><code>(.*?)</code></pre>", re.DOTALL)


def add(node: LocalNode, org_id: OrgId, url: str) -> CallbackId:
    new = NewCallback(
        job_id=JobId(0), recipient_id=RecipientId(0), url=url, body="a=1&b=<2>", carrier=""
    )
    node.db.call(add_callbacks, org_id, [new])
    return node.db.call(list_callbacks, org_id, job_id=None, state=None, limit=1)[0].id


def test_a_callback_is_listed_and_shown(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    number = add(node, org_id, "https://shop.example/hook")
    assert "https://shop.example/hook" in desk.read(f"{PAGE}?state=waiting")
    assert "https://shop.example/hook" not in desk.read(f"{PAGE}?state=failed")
    page = desk.read(f"{PAGE}/{number}")
    assert "a=1&amp;b=&lt;2&gt;" in page
    assert "It was not tried yet." in page


def test_a_callback_that_was_given_up_is_posted_again(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    number = add(node, org_id, "https://shop.example/again")
    node.execute(f"UPDATE callbacks SET state = 'failed', due_at = NULL WHERE id = {number}")
    answer = desk.send(f"{PAGE}/{number}", f"{PAGE}/{number}")
    assert (answer.status, answer.headers["location"]) == (303, f"{PAGE}/{number}?done=replayed")
    assert node.db.call(get_callback, org_id, number).state is CallbackState.WAITING


def test_callbacks_of_others_do_not_exist(node: LocalNode, desk: Desk) -> None:
    other = node.db.call(make_organization, f"hooks-{node.db.backend}", "Hooks")
    number = add(node, other, "https://other.example/")
    for text in (str(number), "0", "x", "9" * 30):
        assert desk.open(f"{PAGE}/{text}").status == 404
    assert desk.send(f"{PAGE}/{number}", PAGE.replace("callbacks", "account")).status == 404


def test_receivers_are_told_how_to_know_a_call(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    """The lines on the page take a call that is signed with the key on the page, and no other."""
    page = f"{PAGE}/signatures"
    assert f'href="{page}"' in desk.read(PAGE)
    (lines,) = map(html.unescape, LINES.findall(desk.read(page)))
    assert lines in DOCUMENT.read_text()
    found: dict[str, Any] = {}
    exec(lines, found)  # noqa: S102 (our own lines, as somebody would paste them)
    key, _ = LINES.findall(desk.send(page, page, show="1").body.decode())
    call = ClaimedCallback(org_id, CallbackId(1), "u", "", "", "a=1", "", 0, 0, key)
    now = int(time.time() * 1000)
    headers = {name.lower(): text for name, text in make_headers(call, now).items()}
    assert found["is_genuine"](headers, b"a=1", key)
    assert not found["is_genuine"](headers, b"a=2", key)
    assert "Replace the organization's key?" not in html.unescape(desk.read(page))
    assert 'name="replace"' not in desk.read(page)
    asked = html.unescape(desk.read(f"{page}?ask=replace"))
    assert "Replace the organization's key?" in asked
    assert 'name="replace"' in asked
    # A box has what is wider scroll.
    for section in re.findall(r"<section.*?</section>", asked, re.DOTALL):
        assert "<pre" not in section or 'class="box' in section
    again, _ = LINES.findall(desk.send(page, page, replace="1").body.decode())
    assert (again == key, key in desk.send(page, page, show="1").body.decode()) == (False, True)
    actions = [entry.action for entry in node.db.call(list_entries, org_id, "callback_key", org_id)]
    assert actions == ["showed", "rotated", "showed"]


def test_the_key_is_for_owners(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    agent = add_user(node, org_id, "rail/caller", Role.AGENT)
    page = agent.read(f"{PAGE}/signatures")
    assert ("X-Turnout-Signature-V2" in page, "Show the key" in page) == (True, False)
    assert agent.send(f"{PAGE}/signatures", PAGE, show="1").status == 403
