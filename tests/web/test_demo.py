"""The command lines of a real demo, run as they stand on its pages by a POSIX shell."""

import io
import json
import subprocess
from collections.abc import Iterator

import pytest
from pypdf import PdfReader

from tests.support.server import Server
from tests.web.reading import Page

TIMEOUT_S = 60
# Asks again, until nothing is queued any more.
UNTIL_DECIDED = """
while true; do
  LAST=$({status})
  case $LAST in
    *'"queued"'*) sleep 0.1 ;;
    *) break ;;
  esac
done
printf '%s\\n' "$LAST"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo that no other test has used: a ticket is checked in once."""
    with Server(tmp_path_factory.mktemp("start-page"), access_log="false", seeds=True) as server:
        yield server


def run_shell(script):
    return [json.loads(line) for line in run_lines(script).splitlines()]


def run_lines(script):
    done = subprocess.run(
        ["/bin/sh", "-eu"], input=script, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_lines_of_the_start_page_sign_in_register_and_check_the_status(server):
    sign_in, register, check, *_ = Page(server.ask("GET", "/").body).codes
    queue_ids, _, status = check.partition("\ncurl ")
    script = "\n".join(
        [sign_in, register, queue_ids, UNTIL_DECIDED.format(status=f"curl {status}")]
    )
    registered, decided = run_shell(script)
    paks = server.demo["registration"]
    wanted = [*paks["sessionPaks"][:2], paks["fullSessionPak"]]
    sessions = registered["registration"]["sessions"]
    assert [(session["sessionPak"], session["status"]) for session in sessions] == [
        (pak, "queued") for pak in wanted
    ]
    results = decided["checkResults"]
    assert [result["queueId"] for result in results] == [session["queueId"] for session in sessions]
    assert [result["status"] for result in results] == ["success", "success", "failed"]
    assert {result["email"] for result in results} == {"you@example.com"}
    assert "full" in results[2]["message"]


def test_the_lines_of_the_start_page_send_messages_and_show_what_became_of_them(server):
    send, look, write, jobs = Page(server.ask("GET", "/").body).codes[3:7]
    accepted, details, listed, page = run_shell(
        "\n".join([send, f"{look}\necho", f"{write}\necho", f"{jobs}\necho"])
    )
    assert accepted == {"status": 200, "data": details["data"]["job_id"]}
    reports = details["data"]["reports"]
    assert [(report["recipient"], report["status"]) for report in reports] == [
        ("Jane", "SENT"),
        ("Jo", "SENT"),
        ("Jim", "FAIL"),
    ]
    names = [(job["job_id"], job["job_name"]) for job in page["data"]]
    assert names[:2] == [(listed["data"], "To a list"), (accepted["data"], "My first job")]
    assert {name for _, name in names[2:]} == {
        *("Doors open", "Early shift?", "Speakers' schedule", "Arriving today?"),
        *("Friends of the house", "Speakers' dinner"),
    }
    assert {job["job_status"] for job in page["data"][2:]} == {"Complete"}


def test_the_lines_of_the_start_page_open_the_door(server):
    show, check, answer = Page(server.ask("GET", "/").body).codes[7:10]
    event, attendee, again, recipient = run_shell(
        "\n".join(f"{command}\necho" for command in (show, check, check, answer))
    )
    assert (event["id"], event["real_state"]) == (
        server.demo["attendance"]["eventId"],
        "paid-active",
    )
    (ticket,) = attendee["tickets"]
    assert ticket["code"] == server.demo["attendance"]["ticketCodes"][0]
    assert ticket["checked_at"] is not None
    assert again["error"].startswith(f"Ticket {ticket['code']} was checked already, at ")
    assert (recipient["state"], len(recipient["ticket_code"])) == ("confirmed", 10)


def test_the_lines_of_the_start_page_book_a_seat(server):
    register, grant, retrieve, paper = Page(server.ask("GET", "/").body).codes[10:14]
    made, granted, found = run_shell(
        "\n".join(f"{command}\necho" for command in (register, grant, retrieve))
    )
    assert (made["registration"], found["RegistrationIdentifier"]) == (granted, granted)
    assert (found["EventIdentifier"], found["LastChangeType"]) == (
        made["Exam"],
        "AccommodationGranted",
    )
    link = run_lines(f"{register.splitlines()[0]}\n{paper}")
    assert link.startswith(f"{server.url}/scrap-paper/")
    pages = PdfReader(io.BytesIO(server.ask("GET", link.removeprefix(server.url)).body)).pages
    assert len(pages) == 8


def test_the_lines_of_the_start_page_show_who_watched(server):
    login, events, report = Page(server.ask("GET", "/").body).codes[14:17]
    script = "\n".join([login, f"{events}\necho", report])
    done = subprocess.run(
        ["/bin/sh", "-eu"], input=script, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert (done.returncode, done.stderr) == (0, "")
    listed, header, *rows = done.stdout.splitlines()
    infos = json.loads(listed)["convey_api"]["result"]["success"]["event_list"]["event_info"]
    assert str(server.demo["reporting"]["eventId"]) in [info["id"] for info in infos]
    assert header.startswith("id,email,fname,")
    assert len(rows) == 30


def test_the_lines_of_the_reference_are_answered_as_it_says(server):
    codes = Page(server.ask("GET", "/reference/registration").body).codes
    setup = next(code for code in codes if code.startswith("API_KEY="))
    calls = [code for code in codes if code.startswith("curl ")]
    answers = run_shell("\n".join([setup, *(f"{call}\necho" for call in calls)]))
    statuses = [answer.get("responseCode", sorted(answer)) for answer in answers]
    # The paks of the contract's examples are those of no event here.
    assert statuses == [200, 200, ["keys"], 404, 404, 200, 200]
