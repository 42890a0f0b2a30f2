"""Jobs as staff look after them: listed, opened, paused, cancelled, retried, approved."""

import re
from collections.abc import Sequence
from typing import Any

from tests.core.messaging.jobs import NUMBERS, POLICY, answer, claim_all, job, new_job
from tests.support.builder import contact
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from tests.web.console.test_event_flows import done_of
from tests.web.saying import said
from turnout.core.audit.recording import list_entries
from turnout.core.identity.members import find_password
from turnout.core.identity.model import Role
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import EventId, JobId, OrgId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.delivering import ClaimedJob
from turnout.core.messaging.model import (
    Content,
    JobOptions,
    JobType,
    NewRecipient,
    Purpose,
    Status,
)
from turnout.core.messaging.outcomes import Accepted, Rejected
from turnout.core.registrations.changing import add_by_staff

PAGE = "/console/rail/messages"


def post(node: LocalNode, to: Sequence[str] = NUMBERS[:2], **members: Any) -> JobId:
    """A job of the desk's user."""
    found = node.db.call(find_password, "rail/owner")
    assert found is not None
    people = [NewRecipient(number, f"ref {n}", f"Person {n}") for n, number in enumerate(to)]
    return node.db.call(accept_job, found.principal, new_job(**members), people, POLICY)


def test_jobs_are_listed_with_purpose_state_and_counts(node: LocalNode, desk: Desk) -> None:
    service = JobOptions(purpose=Purpose.SERVICE)
    post(node, name="Doors open", options=service)
    post(node, ["a@example.com"], name="Newsletter", job_type=JobType.EMAIL)
    page = desk.read(PAGE)
    assert page.index("Newsletter") < page.index("Doors open")
    assert "Doors open" in desk.read(f"{PAGE}?q=DOORS&purpose=service&channel=sms&state=sending")
    for query in ("channel=sms", "purpose=service", "state=ended", "state=approval", "q=door"):
        assert "Newsletter</a>" not in desk.read(f"{PAGE}?{query}"), query
    assert "No message fits these filters" in desk.read(f"{PAGE}?q=zzz")
    assert desk.open(f"{PAGE}?channel=pigeon&state=odd&before=x").status == 200


def test_pages_go_on_behind_the_last_job(node: LocalNode, desk: Desk) -> None:
    first = post(node, name="Paged 0")
    for number in range(1, 52):
        post(node, name=f"Paged {number}")
    page = desk.read(f"{PAGE}?q=paged")
    assert page.count("/console/rail/messages/6") == 50
    assert "Paged 1</a>" not in page
    after = desk.read(f"{PAGE}?q=paged&before={first + 2}")
    assert "Paged 1</a>" in after
    assert "Paged 2</a>" not in after


def test_a_job_is_paused_resumed_and_cancelled(node: LocalNode, desk: Desk) -> None:
    number = post(node, name="Stop <me>")
    path = f"{PAGE}/{number}"
    assert "Stop &lt;me&gt;" in desk.read(path)
    assert done_of(desk.send(path, path, do="pause")) == "paused"
    assert "Paused" in desk.read(path)
    assert done_of(desk.send(path, path, do="resume")) == "resumed"
    asked = desk.read(f"{path}?ask=cancel")
    assert "Cancel “Stop &lt;me&gt;”?" in asked
    assert "2 of 2 recipients are not done" in asked
    assert "is on its way" in desk.read(f"{path}?done={said(node.db, path, 'sent')}")
    assert done_of(desk.send(path, path, do="cancel")) == "cancelled"
    # What was done is said while it is true, and not beside a refusal.
    assert "is on its way" not in desk.read(f"{path}?done={said(node.db, path, 'sent')}")
    late = desk.send(f"{path}?done=cancelled", path, do="pause").body.decode()
    assert "toast" not in late
    assert job(node.db, number, "closing_reason") == ("cancelled",)
    assert "It was cancelled: nobody else gets it." in desk.read(path)
    assert desk.send(path, path, do="burn").status == 404


def test_recipients_are_filtered_and_each_has_its_story(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    number = post(node, NUMBERS[10:13], name="Story")
    wrong = Rejected(Status.INVALID_NUMBER, "no such <number>")
    answer(node.db, take(node, number), wrong, Accepted(("n-1",)))
    page = desk.read(f"{PAGE}/{number}?status=INVN")
    assert "no such &lt;number&gt;" in page
    assert "Person 0</a>" in page
    assert "Person 1</a>" not in page
    assert "Person 2</a>" in desk.read(f"{PAGE}/{number}?q=person+2")
    (link,) = {part.split('"')[0] for part in page.split('href="') if "/recipients/" in part[:60]}
    file = desk.open(f"{PAGE}/{number}/recipients.csv?status=INVN").body.decode()
    assert file.splitlines()[1].startswith(f"Person 0,{NUMBERS[10]},ref 0,INVN,no such <number>,")
    assert len(file.splitlines()) == 2
    entries = node.db.call(list_entries, org_id, "job", number)
    assert [one.facts["count"] for one in entries if one.action == "exported"] == [1]
    story = desk.read(link)
    assert "Invalid number" in story
    assert "no such &lt;number&gt;" in story
    assert desk.open(f"{PAGE}/{number}/recipients/1").status == 404


def test_a_message_leads_to_the_registration_of_whom_it_was_for(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    found = node.db.call(find_password, "rail/owner")
    assert found is not None
    event_id = events["Summit"]
    known = node.db.call(
        add_by_staff, org_id, event_id, contact("led", phone="+61412340077"), actor="test"
    ).registration_id

    def link_of(to: list[NewRecipient], **members: Any) -> list[str]:
        number = node.db.call(accept_job, found.principal, new_job(**members), to, POLICY)
        page = desk.read(f"{PAGE}/{number}")
        (story,) = {part.split('"')[0] for part in page.split('href="') if "/recipients/" in part}
        return re.findall(r'href="(/console/\d+/people/\d+)"', desk.read(story))

    mail = [NewRecipient("led@example.com", "7", "Led")]
    assert link_of(mail, job_type=JobType.EMAIL) == [f"/console/{event_id}/people/{known}"]
    # A reference of the caller's own is no registration, even where it is the number of one.
    assert link_of([NewRecipient("+61412340078", str(known), "Not Led")]) == []


def test_progress_is_told_as_it_changes(node: LocalNode, desk: Desk) -> None:
    number = post(node, name="Told")
    path = f"{PAGE}/{number}"
    assert f'data-progress="{path}/progress"' in desk.read(path)
    assert done_of(desk.send(path, path, do="cancel")) == "cancelled"
    end(node, number)
    told = desk.open(f"{path}/progress")
    assert (told.status, told.headers["content-type"]) == (200, "text/event-stream")
    assert (told.headers["x-accel-buffering"], told.headers["cache-control"]) == ("no", "no-store")
    assert told.body.decode().count("data: <dl") == 1
    assert "Ended early</span>" in told.body.decode().partition("\n")[0]
    assert "event: end" in told.body.decode()


def test_failed_messages_are_tried_again(node: LocalNode, desk: Desk) -> None:
    number = post(node, NUMBERS[20:22], name="Again")
    path = f"{PAGE}/{number}"
    early = desk.send(path, path, do="retry")
    assert early.status == 422
    answer(node.db, take(node, number), Rejected(Status.FAILED, "no route"))
    assert "1 message" not in desk.read(f"{path}?ask=retry")
    assert "2 messages that failed" in desk.read(f"{path}?ask=retry")
    done = desk.send(path, path, do="retry")
    assert done_of(done) == "retried"
    assert f"{PAGE}/{number}?" not in done.headers["location"]
    assert done_of(desk.send(path, path, do="retry")) == "nothing"


def test_a_second_person_approves_a_large_job(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    node.db.call(change_organization, org_id, OrganizationChange(approval_above=2), actor="test")
    number = post(node, NUMBERS[30:33], name="Large")
    node.db.call(change_organization, org_id, OrganizationChange(approval_above=0), actor="test")
    path = f"{PAGE}/{number}"
    page = desk.read(path)
    assert 'Waits for approval</span> · <span class="soft">accepted' in page
    assert "not you, who wrote it" in page
    assert "ask=approve" not in page
    assert "Approve “" not in desk.read(f"{path}?ask=approve")
    assert "a second person has approved it" in desk.read(
        f"{path}?done={said(node.db, path, 'sent')}"
    )
    home = desk.read("/console")
    assert re.search(r'Large</a></b><span class="soft">Waits for approval</span>', home)
    assert "1970" not in home
    assert "3 people get it" in desk.read(f"{path}?look=1")
    own = desk.send(path, path, do="approve")
    assert own.status == 422
    assert "somebody else must approve it" in own.body.decode()
    second = add_user(node, org_id, f"rail/second-{node.db.backend}", Role.ADMIN)
    asked = second.read(f"{path}?ask=approve")
    assert "somebody other than rail/owner" in asked
    assert "Approve “Large”?" in asked
    assert done_of(second.send(path, path, do="approve")) == "approved"
    assert "Waits for approval" not in desk.read(path).partition('class="filters"')[0]


def test_an_event_has_its_own_jobs_alone(
    node: LocalNode, desk: Desk, events: dict[str, EventId]
) -> None:
    here, there = events["Summit"], events["Reunion"]
    mine = post(node, name="Of the list", list_ids=(f"event:{here}:checked",))
    marked = post(node, name="Of the page", options=JobOptions(event=str(here)))
    other = post(node, name="Of others", list_ids=(f"event:{there}",))
    text = Content(text=f'"event":"{here}"')
    quoting = post(node, name="Of words", content=text)
    page = desk.read(f"/console/{here}/messages")
    assert "Of the list" in page
    assert "Of the page" in page
    assert "Of others" not in page
    assert "Of words" not in page
    for number, status in ((mine, 200), (marked, 200), (other, 404), (quoting, 404)):
        assert desk.open(f"/console/{here}/messages/{number}").status == status
    assert desk.send(f"/console/{here}/messages/{other}", PAGE, do="cancel").status == 404


def take(node: LocalNode, number: JobId) -> list[ClaimedJob]:
    """The job as a worker claims it; others' are claimed on the way."""
    for _ in range(100):
        found = [one for one in claim_all(node.db) if one.head.id == number]
        if found:
            return found
    raise AssertionError(number)


def end(node: LocalNode, number: JobId) -> None:
    """Have workers end a job that was cancelled."""
    for _ in range(100):
        claim_all(node.db)
        if job(node.db, number, "state") == ("closed",):
            return
    raise AssertionError(number)
