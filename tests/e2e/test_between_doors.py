"""What happens at one door is true at all others: examples that once were not, over HTTP.

Each test is one story that went wrong between two of the APIs, pages and commands.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.core.exams.college import BILLING, guid
from tests.core.exams.college import _make as make_college
from tests.e2e.place import FORM, PATIENCE_S, Place, World, open_world
from tests.support.node import BACKENDS, new_database
from tests.support.server import Server
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind
from turnout.store import Tx

ANN, BOB, CID = "ann@example.com", "bob@example.com", "cid@example.com"
FULL = ("failed", "The event is full.")
DONE = ("success", None)


@pytest.fixture(scope="module", params=BACKENDS)
def world(request, tmp_path_factory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("doors")
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    url = new_database(request.param, folder, cluster)
    with Server(folder, database_url=url, command=("serve",)) as server:
        world = open_world(server, url)
        with closing(world.db):
            yield world


# -- 1. two invitations ----------------------------------------------------------------------


def test_a_sold_out_dinner_is_not_confirmed_with_a_lunch(world: World) -> None:
    place = Place(world, dinners=1, invited=("ann", "bob"))
    assert place.answer(place.to_dinner, "bob", "confirm").status == 200
    lunch = place.answer(place.to_lunch, "ann", "confirm").json()
    assert lunch["state"] == "confirmed"
    refused = place.answer(place.to_dinner, "ann", "confirm")
    assert (refused.status, refused.json()) == (406, {"error": "No ticket is left."})
    assert place.invitee(place.to_dinner, "ann")["state"] == "pending"
    again = place.answer(place.to_lunch, "ann", "confirm").json()
    assert again["ticket_code"] == lunch["ticket_code"]
    stats = place.door("GET", "invitations.json").json()
    assert [one["stats"]["confirmed"] for one in stats] == [1, 1]


def test_an_invitation_takes_and_gives_back_its_own_ticket_only(world: World) -> None:
    place = Place(world, invited=("ann",))
    assert place.register(ANN) == DONE
    own = place.code(ANN)
    for campaign in (place.to_dinner, place.to_lunch):
        assert place.answer(campaign, "ann", "confirm").status == 200
    assert len(place.attendees()[ANN]["tickets"]) == 3
    assert place.answer(place.to_dinner, "ann", "decline").json()["state"] == "declined"
    assert place.invitee(place.to_lunch, "ann")["state"] == "confirmed"
    assert place.answer(place.to_lunch, "ann", "decline").json()["state"] == "declined"
    assert [ticket["code"] for ticket in place.attendees()[ANN]["tickets"]] == [own]
    assert place.answer(place.to_dinner, "ann", "confirm").json()["state"] == "confirmed"


# -- 2. cancelling ---------------------------------------------------------------------------


def test_an_ordinary_registration_is_cancelled_and_every_door_knows(world: World) -> None:
    place = Place(world, 1)
    assert place.register(ANN) == DONE
    assert place.register(BOB) == FULL
    code = place.code(ANN)
    place.ok("registration", "cancel", place.slug, place.number(ANN))
    assert place.attendees() == {}
    check = place.door("POST", f"attendees/code/{code}/check.json")
    assert check.status == 406
    [ticket] = place.attendees("?state=all&since=2026-01-01")[ANN]["tickets"]
    assert (ticket["code"], ticket["state"]) == (code, "cancelled")
    page = world.server.ask("GET", f"/ticket/{place.org_id}-{code}")
    assert "lets nobody in" in page.body.decode()
    assert place.register(BOB) == DONE


# -- 3. candidates ---------------------------------------------------------------------------


class Exams:
    """A college on the world's server, with a candidate, Ada."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.number = Exams.numbers = Exams.numbers + 1
        self.slug = f"doors-college-{self.number}"
        made = world.db.call(make_college, self.slug, self.number)
        self.org_id, self.hall, self.learners = made["org_id"], made["hall"], made["learners"]
        self.secret = world.db.call(self._issue)
        self.seat = guid(self.number * 1000 + 1)

    numbers = 500

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        headers = {"Authorization": f"Bearer {self.secret}"}
        answer = self.world.server.ask(method, f"/api/{path}", headers=headers, json=body)
        return answer.status, answer.json()

    def command(self, name: str, body: object) -> tuple[int, object]:
        return self.ask("POST", f"registrations/{self.seat}/commands/{name}", body)

    def book(self) -> tuple[int, object]:
        exam = {
            "EventExamType": "Class",
            "EventExamFormat": "Online",
            "EventBillingCode": BILLING,
            "EventVenue": self.hall,
            "EventStart": "2027-01-10T09:00:00-08:00",
        }
        return self.command(
            "register-lax", exam | {"Learner": self.learners["a"], "Assessment": "W1"}
        )

    def seen(self) -> tuple[object, object]:
        status, found = self.ask("GET", f"registrations/{self.seat}")
        assert status == 200, found
        assert isinstance(found, dict)
        return found["RegistrationAttendanceStatus"], found["LastChangeType"]

    def event_id(self) -> str:
        listed = self.world.run.ok("exam", "list", self.slug).splitlines()[1]
        return listed.split()[0]

    def _issue(self, tx: Tx) -> str:
        kind = CredentialKind.DEVELOPER_SECRET
        return issue_credential(tx, self.org_id, kind, "test", actor="test")[1]


def test_a_candidates_ticket_is_not_passed_on(world: World) -> None:
    exams = Exams(world)
    assert exams.book()[0] == 200
    listed = world.run.ok("registration", "list", exams.slug, exams.event_id())
    code = listed.splitlines()[1].split("General admission")[1].split()[0]
    passed = world.run("ticket", "transfer", exams.slug, code, "--email", BOB)
    assert (passed.code, "A candidate's ticket cannot be passed on." in passed.error) == (1, True)
    assert exams.seen()[0] == "Pending"
    assert exams.command("cancel", {"Reason": "ill"}) == (200, "OK")
    assert exams.seen() == ("Withdrawn", "RegistrationCancelled")


@pytest.mark.parametrize("noun", ["exam", "event"])
def test_an_exam_that_staff_cancel_is_seen_by_booking_clients(world: World, noun: str) -> None:
    exams = Exams(world)
    assert exams.book()[0] == 200
    world.run.ok(noun, "set", exams.slug, exams.event_id(), "--state", "cancelled")
    assert exams.seen() == ("Withdrawn", "RegistrationCancelled")
    granted = exams.command("grant-accommodation", {"Type": "Reader"})
    assert granted == (400, f"Registration Is Cancelled: {exams.seat}")


# -- 4. places that are offered --------------------------------------------------------------


def test_an_offered_place_is_taken_at_any_door(world: World) -> None:
    for take in ("register", "send_form", "regserver"):
        place = Place(world, 1)
        assert place.register(ANN) == DONE
        assert place.send_form(BOB, "wait").status == 303
        place.ok("registration", "cancel", place.slug, place.number(ANN))
        assert place.waiting() == [("bob", "offered")]
        assert place.register(CID) == FULL
        getattr(place, take)(BOB)
        assert (list(place.attendees()), place.waiting()) == ([BOB], [])


def test_new_places_go_to_those_who_wait(world: World) -> None:
    place = Place(world, 1)
    assert place.register(ANN) == DONE
    for email in (BOB, CID):
        assert place.send_form(email, "wait").status == 303
    place.ok("event", "set", place.slug, place.event_id, "--capacity", "3")
    assert place.waiting() == [("bob", "offered"), ("cid", "offered")]
    assert place.register("eve@example.com") == FULL
    assert place.regserver("eve@example.com").startswith("The event is full")
    assert list(place.attendees()) == [ANN]


# -- 5. states -------------------------------------------------------------------------------


def test_closed_is_closed_at_every_door_but_that_of_staff(world: World) -> None:
    place = Place(world, invited=("ann",))
    place.ok("event", "set", place.slug, place.event_id, "--state", "closed")
    said = "The event is closed for registration."
    assert place.register(ANN) == ("failed", said)
    assert "Registration is closed." in place.send_form(ANN).body.decode()
    assert place.regserver(ANN) == said
    assert place.answer(place.to_dinner, "ann", "confirm").status == 406
    assert place.attendees() == {}
    place.ok("registration", "add", place.slug, place.event_id, "--email", ANN)
    assert list(place.attendees()) == [ANN]


def test_a_draft_takes_nobody_from_outside(world: World) -> None:
    place = Place(world, invited=("ann",))
    place.ok("event", "set", place.slug, place.event_id, "--state", "draft")
    said = "The event is not open for registration yet."
    assert place.register(ANN) == ("failed", said)
    assert place.send_form(ANN).status == 404
    assert place.regserver(ANN) == said
    assert place.answer(place.to_lunch, "ann", "confirm").status == 406
    assert place.attendees() == {}


# -- 6. the door -----------------------------------------------------------------------------


def test_a_nonce_names_one_scan_of_one_code_on_one_device(world: World) -> None:
    place = Place(world)
    for email in (ANN, BOB):
        assert place.register(email) == DONE
    ann, bob = place.code(ANN), place.code(BOB)
    device = {"X-Nonce": "1", "X-Device": "left"}

    def check(code: str, headers: dict[str, str]) -> int:
        return place.door("POST", f"attendees/code/{code}/check.json", headers=headers).status

    assert check(ann, device) == 200
    assert check(ann, device) == 200
    assert check(bob, device) == 422
    assert check(bob, {"X-Nonce": "1"}) == 422
    assert check(bob, {"X-Nonce": "1", "X-Device": "right"}) == 200
    assert check(ann, {"X-Nonce": "1", "X-Device": "right"}) == 422


def test_the_time_of_a_scan_is_kept_however_it_is_sent(world: World) -> None:
    place = Place(world)
    at = "2026-11-01T08:00:00+01:00"
    parts = f'--x\r\nContent-Disposition: form-data; name="at"\r\n\r\n{at}\r\n--x--\r\n'
    bodies = {
        "json@example.com": (json.dumps({"at": at}), FORM),
        "parts@example.com": (parts, "multipart/form-data; boundary=x"),
        "text@example.com": (json.dumps({"at": at}), "text/plain"),
    }
    for email, (body, kind) in bodies.items():
        assert place.register(email) == DONE
        path = f"attendees/code/{place.code(email)}/check.json"
        checked = place.door("POST", path, headers={"Content-Type": kind}, body=body.encode())
        [ticket] = checked.json()["tickets"]
        assert ticket["checked_at"] == at, email
    bad = json.dumps({"at": "yesterday"}).encode()
    path = f"attendees/code/{place.code('json@example.com')}/check.json"
    assert place.door("POST", path, headers={"Content-Type": FORM}, body=bad).status == 422


def test_an_unpaid_ticket_is_refused_where_the_event_says_so(world: World) -> None:
    place = Place(world)
    for email in (ANN, BOB):
        assert place.register(email) == DONE
        due = ("--due", "2099-01-01")
        place.ok("payment", "ask", place.slug, place.code(email), "10", "EUR", *due)

    def check(email: str) -> tuple[int, object]:
        path = f"attendees/code/{place.code(email)}/check.json"
        answer = place.door("POST", path)
        return answer.status, answer.json().get("error")

    assert check(ANN) == (200, None)
    place.ok("payment", "door", place.slug, place.event_id, "--refuse")
    assert check(BOB) == (406, "Ticket is not paid.")
    [ticket] = place.attendees("?state=all")[BOB]["tickets"]
    assert ticket["state"] == "valid"
    place.ok("payment", "paid", place.slug, place.code(BOB))
    assert check(BOB) == (200, None)


# -- 7. people -------------------------------------------------------------------------------


def test_a_registration_renames_no_candidate(world: World, tmp_path) -> None:
    place = Place(world)
    rows = tmp_path / "rows.csv"
    rows.write_text("Code,FirstName,LastName,Email\nL1,Ada,King,ada@example.com\n")
    imported = ("learner", "import", place.slug, rows)
    assert world.run(*imported).code == 0
    assert place.register("ada@example.com", firstName="Mallory", company="Evil") == DONE
    ada = place.attendees()["ada@example.com"]
    assert (ada["first_name"], ada["last_name"], ada["organization"]) == ("Ada", "King", "Evil")
    rows.write_text("Code,FirstName,LastName,Email\nL2,Bea,King,ada@example.com\n")
    said = world.run(*imported).output
    assert "L2 shares the address ada@example.com with somebody who had it before." in said


def test_an_invitee_with_the_ticket_is_not_reminded(world: World) -> None:
    place = Place(world, invited=("ann", "bob"))
    place.ok(
        *("registration", "add", place.slug, place.event_id, "--email", ANN),
        *("--ticket-type", place.dinner),
    )
    assert place.invitee(place.to_dinner, "ann")["state"] == "confirmed"
    assert place.invitee(place.to_dinner, "bob")["state"] == "pending"
    [dinner] = [
        one for one in place.door("GET", "invitations.json").json() if one["id"] == place.to_dinner
    ]
    assert (dinner["stats"]["confirmed"], dinner["stats"]["pending"]) == (1, 1)


def test_empty_items_are_not_given(world: World) -> None:
    place = Place(world)
    items = [{"itemDesc": "", "itemValue": ""}, {"itemDesc": "Diet", "itemValue": "none"}]
    assert place.register(ANN, contactCustomItems=items) == DONE
    shown = place.ok("registration", "show", place.slug, place.number(ANN)).splitlines()
    begin = shown.index("Diet: none")
    assert [line.split()[0] for line in shown[begin + 1 :]][:1] == ["AT"]
    assert shown[begin - 1].startswith(("Session", "Ticket"))


# -- 8. mailboxes ----------------------------------------------------------------------------


def test_mailboxes_that_look_alike_are_two_people(world: World) -> None:
    place = Place(world)
    pairs = {
        "\ufb01ona@example.com": "fiona@example.com",
        "wei\u00df@example.com": "weiss@example.com",
        "mi\u212ae@example.com": "mike@example.com",
    }
    for strange, plain in pairs.items():
        assert place.register(plain, firstName="First") == DONE
        assert place.register(strange, firstName="Second") == DONE
    names = {email: one["first_name"] for email, one in place.attendees().items()}
    assert names == dict.fromkeys(pairs.values(), "First") | dict.fromkeys(pairs, "Second")


def test_one_name_in_any_script_is_enough(world: World) -> None:
    place = Place(world)
    name = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627\u3000\u592a\u90ce"
    assert place.send_form(ANN, first_name=name).status == 303
    assert place.send_form(BOB, first_name="", last_name=name).status == 303
    assert place.register(CID, lastName=f"{name}\x07") == DONE
    found = place.attendees()
    assert found[ANN]["first_name"] == found[BOB]["last_name"] == found[CID]["last_name"] == name
    bell = place.send_form("eve@example.com", first_name="E\x07ve")
    assert "Nothing was sent." in bell.body.decode()


# -- 9. tickets of the registration API ------------------------------------------------------


def test_a_ticket_is_mailed_where_the_event_says_so(world: World) -> None:
    place = Place(world, 2)
    assert place.register(ANN) == DONE
    choose = ("registration", "choose", place.slug, place.event_id)
    place.ok(*choose, "--tickets", "mail", "--when-full", "wait")
    assert place.register(BOB) == DONE
    waits = "The event is full: you are on the waiting list."
    assert place.register(CID) == ("success", waits)
    assert place.waiting() == [("cid", "waiting")]
    assert "Your ticket: Summit" in wait_for_mail(place, BOB)
    assert place.ok("outbox", place.slug, "--to", ANN).count("Summit") == 0


def wait_for_mail(place: Place, email: str) -> str:
    """What the simulator sent to an address, once it sent something."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if email in (said := place.ok("outbox", place.slug, "--to", email)):
            return said
        time.sleep(0.2)
    raise AssertionError(f"no mail to {email} after {PATIENCE_S} s")
