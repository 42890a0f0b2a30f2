"""Replies, lists, what is always excluded, and senders."""

import re
from typing import Any

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, job, rows
from tests.core.messaging.test_replies import reply
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.messages.test_jobs import post
from tests.web.console.test_event_flows import done_of
from turnout.core.audit.recording import list_entries
from turnout.core.ids import EventId, JobId, OrgId
from turnout.core.messaging.lists import list_lists
from turnout.core.messaging.model import JobType, Medium
from turnout.core.messaging.opt_outs import add_opt_out, list_opt_outs
from turnout.core.messaging.outcomes import Accepted
from turnout.core.messaging.reading_replies import ReplyFilter, list_replies
from turnout.core.messaging.sender_ids import list_sender_ids
from turnout.core.messaging.suppression import list_suppressions
from turnout.core.senders.domains import list_domains

BASE = "/console/rail/messages"


def test_replies_are_searched_and_given_to_somebody(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    number = post(node, NUMBERS[900:902], name="Coming?", job_type=JobType.TWO_WAY_SMS)
    while job(node.db, number, "open") != (0,):
        answer(node.db, claim_all(node.db), Accepted(is_final=True))
    reply(node.db, NUMBERS[900], "Yes & gladly")
    reply(node.db, NUMBERS[901], "Parking?")
    page = desk.read(f"{BASE}/replies")
    assert "Yes &amp; gladly" in page
    assert "Coming?" in page
    found = desk.read(f"{BASE}/replies?q=PARK&user=-&job={number}")
    assert "Parking?" in found
    assert "gladly" not in found
    assert "No reply fits" in desk.read(f"{BASE}/replies?user=rail/nobody")
    (line, _) = node.db.call(list_replies, org_id, ReplyFilter(job_id=number), limit=9)
    path = f"{BASE}/replies/{line.id}"
    assert done_of(desk.send(path, path, user="rail/owner")) == "given"
    assert "Parking?" in desk.read(f"{BASE}/replies?user=rail/owner")
    assert desk.send(path, path, user="rail/nobody").status == 422
    assert done_of(desk.send(path, path, user="")) == "open"
    assert "Parking?" in desk.read(f"{BASE}/{number}")
    empty = desk.send(path, path, do="answer", text="")
    assert empty.status == 422
    assert '<a href="#f-text">' in empty.body.decode()
    given = {"do": "answer", "text": "Behind the house.", "once": "house"}
    written = desk.send(path, path, **given)
    again = desk.send(path, path, **given)
    assert again.headers["location"] == written.headers["location"]
    assert done_of(written) == "sent"
    back = int(written.headers["location"].partition("?")[0].rpartition("/")[2])
    assert rows(node.db, JobId(back), "destination") == [(NUMBERS[901],)]
    assert desk.open(f"{BASE}/replies/999").status == 404


def upload(desk: Desk, called: str, content: str, **fields: str) -> Any:
    """Send the file as browsers do."""
    (token, *_) = re.findall(r'name="token" value="([^"]+)"', desk.read(f"{BASE}/upload"))
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in ({"token": token} | fields).items()
    )
    body += f'--b\r\nContent-Disposition: form-data; name="file"; filename="{called}"\r\n\r\n'
    headers = desk.headers | {"Content-Type": "multipart/form-data; boundary=b"}
    sent = f"{body}{content}\r\n--b--\r\n".encode()
    return desk.client.request("POST", f"{BASE}/upload", headers=headers, body=sent)


def test_a_list_is_made_of_a_file_or_not_at_all(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    wrong = upload(desk, "press.csv", "Name,Email\nAnn,ann@p.example\nBob,bob@\n", name="Press")
    page = wrong.body.decode()
    assert wrong.status == 422
    assert "Rows that cannot be taken: 1." in page
    assert "bob@" in page
    assert 'value="Press"' in page
    assert upload(desk, "", "").status == 422
    assert node.db.call(list_lists, org_id) == []
    made = upload(desk, "press.csv", "Name,Email,Paper\nAnn,ann@p.example,Bee\n", channel="email")
    (known,) = node.db.call(list_lists, org_id)
    assert (known.name, known.entries) == ("press", 1)
    assert made.headers["location"] == f"{BASE}/new?to={known.id}&channel=email"
    assert "press" in desk.read(f"{BASE}/lists")
    assert "1 person is on it" in desk.read(f"{BASE}/lists?delete={known.id}")
    done = desk.send(f"{BASE}/lists", f"{BASE}/lists?delete={known.id}", number=str(known.id))
    assert done_of(done) == "deleted"
    assert node.db.call(list_lists, org_id) == []


def test_people_are_excluded_and_written_to_again(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    path = f"{BASE}/excluded"
    wrong = desk.send(path, path, do="add", medium="sms", address="ann@example.com")
    assert wrong.status == 422
    assert '<a href="#f-address">' in wrong.body.decode()
    add = {"do": "add", "medium": "sms", "address": "+61 412 349 999"}
    assert done_of(desk.send(path, path, **add)) == "added"
    assert done_of(desk.send(path, path, **add)) == "known"
    assert "61412349999" in desk.read(f"{path}?q=%2B61412349999")
    assert "not excluded" in desk.read(f"{path}?q=%2B61412340000")
    for number in range(60):
        address = f"many{number:02}@example.com"
        node.db.call(add_opt_out, org_id, Medium.EMAIL, address, actor="test")
    page = desk.read(path)
    (after,) = re.findall(r'rel="next" href="([^"]+)"', page)
    assert "many59" not in page
    assert "many59" in desk.read(after.replace("&amp;", "&"))
    file = desk.open(f"{BASE}/excluded.csv")
    assert "sms,61412349999" in file.body.decode()
    entries = node.db.call(list_entries, org_id, "opt_out", 0)
    assert [one.facts["count"] for one in entries if one.action == "exported"] == [61]
    asked = desk.read(f"{path}?of=sms&remove=61412349999")
    assert "Write to 61412349999 again?" in asked
    gone = desk.send(path, path, do="remove", medium="sms", address="61412349999")
    assert done_of(gone) == "removed"
    assert Medium.SMS not in {one.medium for one in node.db.call(list_opt_outs, org_id, 99)}


def test_addresses_are_not_written_to(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    path = f"{BASE}/excluded"
    of = {"kind": "suppressed", "address": "gone@example.com"}
    assert done_of(desk.send(path, path, do="add", **of)) == "added"
    assert "Excluded by your team" in desk.read(f"{path}?kind=suppressed")
    assert "gone@example.com" in desk.read(f"{path}?kind=suppressed&q=Gone@example.com")
    assert done_of(desk.send(path, path, do="remove", **of)) == "removed"
    assert desk.send(path, path, do="remove", **of).status == 422
    assert node.db.call(list_suppressions, org_id, 9) == []


def test_a_domain_has_records_and_a_sender_is_listed(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    path = f"{BASE}/senders"
    wrong = desk.send(path, path, do="domain", domain="no domain")
    assert wrong.status == 422
    assert '<a href="#f-domain">' in wrong.body.decode()
    own = desk.send(path, path, do="domain", domain="news.localhost")  # mail is from @localhost
    assert own.status == 422
    assert "news.localhost is the installation&#39;s own mail domain" in own.body.decode()
    made = desk.send(path, path, do="domain", domain="Rail.Example")
    assert made.headers["location"] == f"{path}/rail.example?done=added"
    page = desk.read(f"{path}/rail.example")
    assert "_domainkey.rail.example" in page
    assert "v=DKIM1; k=" in page
    assert "Not verified" in page
    assert "Remove rail.example?" in desk.read(f"{path}/rail.example?ask=remove")
    assert desk.open(f"{path}/other.example").status == 404
    done = desk.send(f"{path}/rail.example", path, do="remove")
    assert done_of(done) == "removed"
    assert node.db.call(list_domains, org_id) == []
    assert desk.send(path, path, do="id", sender="a name that is long").status == 422
    assert done_of(desk.send(path, path, do="id", sender="RAILFORUM")) == "id_added"
    assert "RAILFORUM" in desk.read("/console/rail/messages/new?channel=sms")
    assert "Send no more texts from RAILFORUM?" in desk.read(f"{path}?remove=RAILFORUM")
    assert done_of(desk.send(path, path, do="remove_id", sender="RAILFORUM")) == "id_removed"
    assert node.db.call(list_sender_ids, org_id) == []


def test_an_event_has_no_page_of_what_is_the_organizations(
    desk: Desk, events: dict[str, EventId]
) -> None:
    for tail in ("replies", "replies/1", "lists", "excluded", "excluded.csv", "senders"):
        assert desk.open(f"/console/{events['Summit']}/messages/{tail}").status == 404, tail
    assert "Upload a list" in desk.read(f"/console/{events['Summit']}/messages/upload")
