"""Registering everybody who is in a file."""

import csv
import html
import io
import re
from urllib.parse import urlencode

import pytest

from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.people.conftest import Gathering
from tests.web.signing_in import FORM
from turnout.core.ids import OrgId
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.questions.model import Kind
from turnout.core.registrations.counting import read_counts
from turnout.formats.workbook import write_workbook

ROWS = [["Email", "First name", "Diet"], ["zoe@a.example", "Zoe", "fish"], ["nonsense", "X", ""]]


def upload(desk: Desk, gathering: Gathering, content: bytes) -> Answer:
    """The answer to a file that a browser uploads."""
    path = f"{gathering.path}/import"
    (token, *_) = re.findall(r'name="token" value="([^"]+)"', desk.read(path))
    head = '--B\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = head.format("token", "").encode() + token.encode() + b"\r\n"
    body += head.format("file", '; filename="people.csv"').encode() + content + b"\r\n--B--\r\n"
    headers = desk.headers | {"Content-Type": "multipart/form-data; boundary=B"}
    return desk.client.request("POST", path, headers=headers, body=body)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_file_is_previewed_then_imported(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering, ending: str
) -> None:
    csv = "\r\n".join(",".join(row) for row in ROWS).encode()
    workbook = b"".join(write_workbook("People", ROWS[0], ROWS[1:]))
    preview = upload(desk, gathering, csv if ending == "csv" else workbook)
    page = preview.body.decode()
    assert preview.status == 200
    for said in ("1 row can be imported.", "Line 3", "1 row cannot be imported", "zoe@a.example"):
        assert said in page
    assert node.db.call(read_counts, org_id, gathering.event_id).states.confirmed == 5
    fields = dict(re.findall(r'<input type="hidden" name="(?!faulty)(\w+)" value="([^"]*)">', page))
    body = urlencode({name: html.unescape(value) for name, value in fields.items()}).encode()
    done = desk.client.request(
        "POST", f"{gathering.path}/import", headers=desk.headers | FORM, body=body
    )
    assert "1 row was imported." in done.body.decode()
    assert node.db.call(read_counts, org_id, gathering.event_id).states.confirmed == 6
    assert "fish" in desk.read(desk_path(desk, gathering))


def choose(desk: Desk, gathering: Gathering, page: str, **chosen: str) -> Answer:
    """The answer to the form on the page that says what columns become."""
    fields = dict(re.findall(r'<input type="hidden" name="(?!faulty)(\w+)" value="([^"]*)">', page))
    fields.pop("sure", None)
    given = {name: html.unescape(value) for name, value in fields.items()}
    given |= {f"becomes-{place[1:]}": heading for place, heading in chosen.items()}
    body = urlencode(given).encode()
    path = f"{gathering.path}/import"
    return desk.client.request("POST", path, headers=desk.headers | FORM, body=body)


def test_a_column_that_is_not_known_is_chosen(desk: Desk, gathering: Gathering) -> None:
    refused = upload(desk, gathering, b"Vorname,,Kontakt,Essen,Junk\nYan,,yan@a.example,fish,x\n")
    page = refused.body.decode()
    assert refused.status == 422
    assert "lacks the columns Email" in page
    assert 'aria-label="What the column Kontakt becomes"' in page
    assert '<option value="Diet">Diet</option>' in page
    again = choose(desk, gathering, page, _2="Email", _3="Diet", _4="-")
    page = again.body.decode()
    assert again.status == 200
    assert "1 row can be imported." in page
    headings = re.findall(r'<th scope="row">(\w+)</th><td><select', page)
    assert headings == ["Vorname", "Email", "Diet"]
    # The same column twice is said, and can be chosen again.
    twice = choose(desk, gathering, page, _0="Email")
    assert twice.status == 422
    assert 'aria-label="What the column Diet becomes"' in twice.body.decode()


def desk_path(desk: Desk, gathering: Gathering) -> str:
    """The panel of who was imported."""
    (path,) = re.findall(r'<a href="([^"]+)">Zoe</a>', desk.read(f"{gathering.path}?q=zoe"))
    return path.partition("?")[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "nothing was uploaded"),
        (b"Name\r\nZoe\r\n", "The file lacks the columns Email"),
        (b"\xd0\xcf\x11\xe0old", "XLSX"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(
    desk: Desk, gathering: Gathering, content: bytes, said: str
) -> None:
    answer = upload(desk, gathering, content)
    page = answer.body.decode()
    assert answer.status == 422
    assert '<a href="#f-file">' in page
    assert said.lower() in html.unescape(page).lower()


def test_faulty_rows_are_downloaded_mended_and_given_again(
    desk: Desk, gathering: Gathering
) -> None:
    path = f"{gathering.path}/import"
    content = b"Email,First name\nzia@a.example,Zia\n\nnonsense,X\n,Z\n"
    page = upload(desk, gathering, content).body.decode()
    carried = html.unescape(re.findall(r'name="faulty" value="([^"]+)"', page)[0])
    file = desk.send(path, path, faulty=carried)
    assert file.status == 200
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"].startswith("attachment;")
    heading, *rows = csv.reader(io.StringIO(file.body.decode("utf-8-sig")))
    assert heading == ["Email", "First name", "What is wrong"]
    assert [row[:1] for row in rows] == [["nonsense"], [""]]
    assert all("mail" in row[2].lower() for row in rows)
    mended = file.body.replace(b"nonsense", b"xia@a.example")
    page = upload(desk, gathering, mended).body.decode()
    assert "1 row can be imported" in page
    assert "What is wrong" not in page.partition("<table")[2].partition("</table>")[0]
    body = urlencode({"faulty": carried}).encode()
    assert desk.client.request("POST", path, headers=desk.headers | FORM, body=body).status == 403


def test_a_row_about_the_same_person_is_refused(desk: Desk, gathering: Gathering) -> None:
    page = upload(desk, gathering, b"Email\r\na@a.example\r\nA@a.example\r\n").body.decode()
    assert "1 row can be imported." in page
    assert "Line 3, column Email" in page


def test_a_form_without_the_token_imports_nothing(desk: Desk, gathering: Gathering) -> None:
    body = urlencode({"content": "Email\r\nz@a.example", "sure": "1"}).encode()
    headers = desk.headers | FORM
    answer = desk.client.request("POST", f"{gathering.path}/import", headers=headers, body=body)
    assert answer.status == 403


def test_a_wrong_answer_is_told_in_the_column_of_its_question(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    meal = QuestionChange(name="Meal", kind=Kind.CHOICE, choices=("meat", "plants"))
    node.db.call(add_question, org_id, gathering.event_id, meal, actor="test")
    page = upload(desk, gathering, b"Email,Last name,Meal\r\nz@a.example,Meal,stones\r\n")
    assert "Line 2, column Meal" in page.body.decode()
