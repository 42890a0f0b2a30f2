"""Candidates: searched, added, moved, cancelled and back, helped, present and graded."""

import html
import re

import pytest

from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.exams.conftest import Sitting
from turnout.core.audit.recording import list_entries
from turnout.core.exams.browsing import ListedCandidate, get_listed
from turnout.core.ids import OrgId
from turnout.store import Tx


def find(node: LocalNode, org_id: OrgId, sitting: Sitting, code: str) -> ListedCandidate:
    return node.db.call(get_listed, org_id, sitting.event_id, sitting.uuids[code])


def told(node: LocalNode, subject: str) -> int:
    """How many messages have that subject."""
    statement = f"SELECT count(*) FROM recipients WHERE fields LIKE '%{subject}%'"
    return node.db.call(lambda tx: tx.connection.execute(statement).fetchone()[0])


def test_candidates_are_searched(desk: Desk, sitting: Sitting) -> None:
    page = desk.read(f"{sitting.path}/candidates?q=BJ%C3%96RN")
    assert "Björn Example" in page
    assert "Ada Example" not in page
    assert "Nobody fits" in desk.read(f"{sitting.path}/candidates?state=cancelled")
    nobody = desk.read(f"/console/{sitting.free}/exams/candidates")
    assert "Nobody is registered for this exam" in nobody
    assert desk.open(f"{sitting.path}/candidates?state=x&after=y").status == 200


def test_an_erased_candidate_is_called_that(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    one = find(node, org_id, sitting, "C-3")

    def run(tx: Tx, statement: str) -> None:
        tx.connection.execute(statement)

    def name(first: str, last: str, code: str) -> None:
        where = f"org_id = {org_id} AND"
        for statement in (
            f"UPDATE people SET first_name = '{first}', last_name = '{last}'"
            f" WHERE {where} id = {one.person_id}",
            f"UPDATE learners SET code = '{code}' WHERE {where} person_id = {one.person_id}",
        ):
            node.db.call(run, statement)

    name("", "", "")
    path = f"{sitting.path}/candidates"
    pages = (path, f"{path}/{one.uuid}", f"{path}/{one.uuid}/move", f"{path}/{one.uuid}/cancel")
    assert [page for page in pages if "Erased person" not in desk.read(page)] == []
    name(one.first_name, one.last_name, one.code)


def test_a_candidate_is_added_and_a_walk_in_is_present(desk: Desk, sitting: Sitting) -> None:
    path = f"{sitting.path}/candidates/add"
    assert "D-4" in desk.read(path)
    wrong = desk.send(path, path, learner="nobody", form="W1", minutes="20")
    assert wrong.status == 422
    page = wrong.body.decode()
    assert "Choose the kind of help." in page
    assert 'value="nobody"' in page
    missing = desk.send(path, path, learner="nobody", form="W1").body.decode()
    assert '<a href="#f-learner">Nobody has this code. Add the learner first.</a>' in missing
    done = desk.send(path, path, learner="D-4", form="W1", here="1", help="Reader", minutes="15")
    assert done.status == 303
    page = desk.read(done.headers["location"])
    assert "Dmitri Example" in page
    assert "Present" in page
    assert "+15 min" in page
    again = desk.send(path, path, learner="D-4", form="W1")
    assert again.status == 422
    assert "This learner sits in the exam already." in again.body.decode()


def test_a_registration_leads_to_the_seat_and_back(desk: Desk, sitting: Sitting) -> None:
    candidate = sitting.of("A-1")
    (registration,) = re.findall(r'href="(/console/\d+/people/\d+)"', desk.read(candidate))
    page = desk.read(registration)
    assert f'<a href="{candidate}">no seat yet, Welder Level 1</a>' in page
    given = desk.send(sitting.path, sitting.path, do="room", room=str(sitting.room_id))
    assert given.status == 303
    assert f'<a href="{candidate}">Aula, seat 1, Welder Level 1</a>' in desk.read(registration)


def test_a_candidate_moves_and_comes_back(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    path = sitting.of("A-1")
    move = f"{path}/move"
    assert f'value="{sitting.free}"' in desk.read(move)
    unchosen = desk.send(move, move, reason="asked")
    assert unchosen.status == 422
    assert '<a href="#f-exam">Choose an exam.</a>' in unchosen.body.decode()
    assert 'value="asked"' in unchosen.body.decode()
    empty = desk.send(move, move, exam=sitting.free, tell="1", subject="", text="Now %%date%%")
    assert empty.status == 422
    assert '<a href="#f-subject">' in empty.body.decode()
    drafted = desk.read(move)
    assert "Your exam is now on %%date%%" in drafted
    assert "%%name%%" not in drafted.partition('name="text"')[2].partition("</textarea>")[0]
    wish = {"exam": sitting.free, "reason": "asked", "tell": "1", "text": "Come"}
    moved = desk.send(move, move, **wish | {"subject": f"%%name%% in {sitting.free}"})
    assert moved.status == 303
    assert told(node, f"Ada Example in {sitting.free}") == 1
    there = desk.read(moved.headers["location"])
    assert "moved to this exam" in there
    assert "asked" in there
    assert desk.open(path).status == 404
    assert desk.open(f"{sitting.of('B-2')}/erase").status == 404
    cancel = f"{sitting.of('B-2')}/cancel"
    assert "Cancel Björn Example" in desk.read(cancel)
    text = {"tell": "1", "subject": f"Off {sitting.event_id}", "text": "Sorry"}
    assert desk.send(cancel, cancel, reason="ill", **text).status == 303
    assert told(node, f"Off {sitting.event_id}") == 1
    assert find(node, org_id, sitting, "B-2").state == "cancelled"
    page = desk.read(sitting.of("B-2"))
    assert "This registration is cancelled" in page
    refused = desk.send(sitting.of("B-2"), sitting.of("B-2"), do="seat", seat="1")
    assert refused.status == 422
    assert desk.send(sitting.of("B-2"), sitting.of("B-2"), do="restore").status == 303
    back = find(node, org_id, sitting, "B-2")
    # The page of the registration does the same.
    person = f"/console/{sitting.event_id}/people/{back.registration_id}"
    assert desk.send(f"{person}/cancel", person).status == 303
    assert find(node, org_id, sitting, "B-2").state == "cancelled"
    assert desk.send(f"{person}/restore", person).status == 303
    assert find(node, org_id, sitting, "B-2").state == "confirmed"
    assert (back.state, back.attendance, back.minutes) == ("confirmed", "Pending", 150)


def test_two_candidates_change_seats(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    desk.send(sitting.path, sitting.path, do="room", room=sitting.room_id)
    before = [find(node, org_id, sitting, code) for code in ("A-1", "B-2")]
    both = {"one": before[0].uuid, "two": before[1].uuid}
    assert "Change the seats of two" in desk.read(sitting.path)
    assert desk.send(sitting.path, sitting.path, do="swap", **both).status == 303
    after = [find(node, org_id, sitting, code).seat for code in ("A-1", "B-2")]
    assert after == [before[1].seat, before[0].seat]
    same = desk.send(sitting.path, sitting.path, do="swap", one=both["one"], two=both["one"])
    assert (same.status, "choose two" in same.body.decode()) == (422, True)


def test_seat_form_and_help_are_given(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    path = sitting.of("A-1")
    assert "seat" in desk.send(path, path, do="seat", seat="2").body.decode()
    desk.send(sitting.path, sitting.path, do="room", room=sitting.room_id)
    assert desk.send(path, path, do="seat", seat="4").status == 303
    assert find(node, org_id, sitting, "A-1").seat == 4
    taken = desk.send(path, path, do="seat", seat="2")
    assert taken.status == 422
    assert '<a href="#f-seat">Seat 2 is taken' in taken.body.decode()
    assert 'name="seat" type="text" value="2"' in taken.body.decode()
    assert desk.send(path, path, do="form", form="W1").status == 422
    assert desk.send(path, path, do="grant", help="Reader", minutes="10").status == 303
    assert find(node, org_id, sitting, "A-1").minutes == 130
    assert desk.send(path, path, do="revoke", type="Reader").status == 303
    assert find(node, org_id, sitting, "A-1").minutes == 120
    result = desk.send(path, path, do="result", attendance="Present", grading="82 %")
    assert result.status == 303
    now = find(node, org_id, sitting, "A-1")
    assert (now.attendance, now.grading) == ("Present", "82 %")
    assert desk.send(path, path, do="explode").status == 422


def test_many_results_are_written_at_once(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    path = f"{sitting.path}/results"
    fields: dict[str, object] = {"candidate": list(sitting.uuids.values())}
    for uuid in sitting.uuids.values():
        fields |= {f"came-{uuid}": "Pending", f"was-came-{uuid}": "Pending"}
        fields |= {f"grade-{uuid}": "", f"was-grade-{uuid}": ""}
    ada, bjorn = sitting.uuids["A-1"], sitting.uuids["B-2"]
    wrong = desk.send(path, path, **fields | {f"grade-{ada}": "x" * 101, f"came-{bjorn}": "Absent"})
    assert wrong.status == 422
    assert f'<a href="#f-grade-{ada}">' in wrong.body.decode()
    assert find(node, org_id, sitting, "B-2").attendance == "Pending"
    done = desk.send(path, path, **fields | {f"grade-{ada}": "passed", f"came-{bjorn}": "Absent"})
    assert done.status == 303
    assert find(node, org_id, sitting, "A-1").grading == "passed"
    assert find(node, org_id, sitting, "B-2").attendance == "Absent"
    # A form that was opened before takes nothing back.
    late = fields | {f"came-{sitting.uuids['C-3']}": "Present"}
    assert desk.send(path, path, **late).status == 303
    assert find(node, org_id, sitting, "A-1").grading == "passed"
    assert find(node, org_id, sitting, "C-3").attendance == "Present"
    early = desk.send(path, path, rest="1")
    assert early.status == 422
    assert "has not begun" in early.body.decode()


def upload(desk: Desk, path: str, content: bytes) -> Answer:
    (token, *_) = re.findall(r'name="token" value="([^"]+)"', desk.read(path))
    head = '--B\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = head.format("token", "").encode() + token.encode() + b"\r\n"
    body += head.format("file", '; filename="results.csv"').encode() + content + b"\r\n--B--\r\n"
    headers = desk.headers | {"Content-Type": "multipart/form-data; boundary=B"}
    return desk.client.request("POST", path, headers=headers, body=body)


def test_results_come_from_a_file(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    path = f"{sitting.path}/results/import"
    content = b"Code,Attendance,Grade\r\nA-1,present,90\r\nZ-9,absent,\r\nB-2,maybe,\r\n"
    preview = upload(desk, path, content).body.decode()
    assert "1 row can be imported." in preview
    assert "2 rows cannot be imported" in preview
    assert find(node, org_id, sitting, "A-1").grading == ""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', preview))
    named = {name: html.unescape(value) for name, value in fields.items() if name != "token"}
    file = desk.send(path, path, faulty=named.pop("faulty"))
    assert file.headers["content-disposition"].startswith("attachment;")
    lines = file.body.decode("utf-8-sig").splitlines()
    assert lines[0] == "Code,Attendance,Grade,What is wrong"
    assert [line[:3] for line in lines[1:]] == ["Z-9", "B-2"]
    assert "2 rows cannot be imported" in upload(desk, path, file.body).body.decode()
    done = desk.send(path, path, **named)
    assert "1 row was imported." in done.body.decode()
    now = find(node, org_id, sitting, "A-1")
    assert (now.attendance, now.grading) == ("Present", "90")


@pytest.mark.parametrize("content", [b"", b"Name,Grade\r\nAda,1\r\n", b"\xd0\xcf\x11\xe0old"])
def test_a_file_that_cannot_be_read_is_refused(
    desk: Desk, sitting: Sitting, content: bytes
) -> None:
    answer = upload(desk, f"{sitting.path}/results/import", content)
    assert answer.status == 422
    assert '<a href="#f-file">' in answer.body.decode()


def test_papers_are_in_the_audit_with_their_count(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    for name, begins in (("roll.pdf", b"%PDF"), ("roll.xlsx", b"PK"), ("paper.pdf", b"%PDF")):
        answer = desk.open(f"{sitting.path}/{name}")
        assert answer.status == 200
        assert answer.body.startswith(begins)
        assert "attachment" in answer.headers["content-disposition"]
    entries = node.db.call(list_entries, org_id, "event", sitting.event_id)
    exported = [entry.facts for entry in entries if entry.action == "exported"]
    assert exported == [
        {"what": "candidates", "count": 3},
        {"what": "candidates", "count": 3},
        {"what": "scrap paper", "count": 3},
    ]
    assert desk.open("/console/999999/exams/roll.pdf").status == 404
