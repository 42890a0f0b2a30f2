"""Nothing of an erased person is left, and what others have is untouched."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.erasure.house import (
    DETAILS,
    FIRST,
    LAST,
    NEW,
    OLD,
    SECRETS,
    House,
    Planted,
    find_in,
)
from tests.core.messaging.jobs import POLICY, new_job
from tests.core.registrations.hall import Hall
from tests.core.registrations.invariants import find_faults
from tests.core.registrations.office import Office
from tests.support import proof
from tests.support.builder import Builder, contact
from tests.support.node import (
    SEED,
    Clock,
    LocalNode,
    copied_database,
    database,
    open_node,
)
from turnout.core.audit.recording import list_entries
from turnout.core.checkin.attendees import AttendeeFilter, list_attendees
from turnout.core.erasure.erasing import erase_again, erase_person
from turnout.core.erasure.exporting import export_person, to_page
from turnout.core.erasure.not_personal import list_not_personal
from turnout.core.erasure.places import PLACES
from turnout.core.exams.learners import NewLearner, add_learner, list_learners
from turnout.core.identity.link_keys import ensure_link_key
from turnout.core.ids import CampaignId, PersonId
from turnout.core.invitations.campaigns import LINKS, send_campaign
from turnout.core.invitations.invitees import (
    InviteeFilter,
    confirm,
    decline,
    list_invitees,
    read_link,
)
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.model import Content, JobType, Medium, NewRecipient, Status
from turnout.core.messaging.opt_outs import list_opt_outs
from turnout.core.people.finding import get_person
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.offers import join_list
from turnout.core.waiting_list.entries import list_entries as list_waiting
from turnout.errors import Conflict, Missing
from turnout.store import Tx

CANDIDATES = "of candidates, see test_a_candidate_keeps_the_name_and_nothing_else"

# Columns in which nothing can be planted that would be recognized.
SHORT = {
    ("people", "country_code"): "two letters",
    ("survey_answers", "question"): "the organizer's words, which are everybody's",
    ("learners", "name_key"): CANDIDATES,
    ("learners", "email_key"): CANDIDATES,
}


@pytest.fixture(scope="module")
def planted(
    node: LocalNode, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[str, Planted]]:
    """The database of a house, which nobody uses, and what is known of it."""
    backend, folder = node.db.backend, tmp_path_factory.mktemp("planted")
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    with database(backend, folder, cluster) as url:
        with open_node(url) as own:
            planted = House(own).planted
        yield url, planted


@pytest.fixture
def house(
    planted: tuple[str, Planted], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[House]:
    url, known = planted
    is_file = url.startswith("sqlite:")
    cluster = None if is_file else request.getfixturevalue("cluster")
    with (
        copied_database(url, tmp_path, cluster) as copy,
        open_node(copy, clock=Clock(known.now), seed=SEED + 1) as own,
    ):
        yield House(own, known)


@pytest.mark.proof
def test_nothing_of_the_person_is_left(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    planted = house.find_secrets()
    personal = {(place.table, name) for place in PLACES for name in (*place.texts, *place.key)}
    expected = (personal & house.list_texts()) - list_not_personal().keys() - SHORT.keys()
    assert expected - planted.keys() == set()
    assert planted.keys() - personal == set()
    held = house.ask("SELECT held FROM events ORDER BY id")
    tickets = house.ask("SELECT code FROM tickets ORDER BY id")
    person_id = house.person_id
    (twin_id,) = house.ask("SELECT id FROM people WHERE merged_into IS NOT NULL")
    house.node.execute("ANALYZE")  # samples of values are values
    assert find_in(house.read_files()) != {}
    house.erase()
    assert house.find_secrets() == {}
    assert house.ask("SELECT held FROM events ORDER BY id") == held
    assert house.ask("SELECT code FROM tickets ORDER BY id") == tickets
    files = house.read_files()
    assert find_in(files) == {}
    said = "".join(capfd.readouterr())
    assert [secret for secret in SECRETS if secret in said] == []
    entries = house.call(list_entries, "person", person_id)
    assert [(entry.action, entry.facts) for entry in entries] == [
        ("merged", {"other": twin_id}),
        ("changed address", {}),
        ("corrected", {"fields": ["first_name", "last_name", "company"]}),
        ("corrected", {"fields": ["first_name", "last_name"]}),
        ("erased", {}),
    ]
    proof.report(
        "nothing of the person is left",
        backend=house.db.backend,
        columns=len(planted),
        files=len(files),
        megabytes=sum(map(len, files.values())) // 1_000_000,
    )


def test_others_keep_what_they_have(house: House) -> None:
    others = ["bo@example.com", "61412340001", "Other"]

    def count() -> dict[str, int]:
        # A file that names the person (a job's report) goes as a whole.
        text = "\n".join(text for (name, _), text in house.dump().items() if name != "file_pieces")
        return {other: text.count(other) for other in others}

    before = count()
    house.erase()
    assert count() == before
    found, _ = house.call(
        list_attendees, house.account.event.id, AttendeeFilter(), limit=10, skip=0
    )
    assert sorted(attendee.first_name for attendee in found) == ["", "Bo"]
    assert house.ask("SELECT entries FROM user_lists ORDER BY id") == [1, 0]


def test_nobody_sees_them_from_the_first_moment(house: House) -> None:
    person_id = house.person_id
    house.call(erase_person, person_id, actor="test")
    assert house.call(find_person, NEW) is None
    assert house.call(get_person, person_id).contact == Contact(email="")
    found = {table for table, _ in house.find_secrets()}
    assert found & {"people", "registrations", "waiting_entries"} == set()


def test_a_message_that_was_not_sent_is_not_sent(house: House) -> None:
    unsent = "SELECT count(*) FROM recipients WHERE done_at IS NULL"
    assert house.ask(unsent) == [3]
    house.erase()
    assert house.ask(unsent) == [1]  # the other recipient of the job for two


def test_a_refusal_outlives_the_person(house: House) -> None:
    house.erase()
    (kept,) = house.call(list_opt_outs, 10)
    assert (kept.medium, kept.source, kept.address[:5]) == (Medium.EMAIL, "erased", "hash:")
    job = new_job(JobType.EMAIL, content=Content(subject="x", text="x"))
    job_id = house.db.call(accept_job, house.login, job, [NewRecipient(OLD)], POLICY)
    done = f"SELECT count(*) FROM recipients WHERE job_id = {job_id} AND done_at IS NULL"
    house.run_workers(lambda: house.ask(done) == [0])
    (status,) = house.ask(f"SELECT status FROM recipients WHERE job_id = {job_id}")
    assert status == Status.OPTED_OUT


def test_proof_of_consent_outlives_the_person(house: House) -> None:
    house.erase()
    (address,) = house.ask("SELECT address FROM consents")
    assert address.startswith("hash:")
    assert house.ask("SELECT count(*) FROM consents WHERE withdrawn_at IS NULL") == [0]


@pytest.mark.proof
def test_a_candidate_keeps_the_name_and_nothing_else(own_node: LocalNode) -> None:
    house = House(own_node, is_candidate=True)
    planted = house.find_secrets()
    candidate = {place for place, reason in SHORT.items() if reason == CANDIDATES}
    assert candidate - planted.keys() == set()
    house.erase()
    assert house.find_secrets() == {
        ("people", "title"): [DETAILS["title"]],
        ("people", "first_name"): [FIRST],
        ("people", "last_name"): [LAST],
        ("people_search_texts", "text"): [FIRST, LAST],
        ("learners", "name_key"): [FIRST, LAST],
        ("registrations", "name_key"): [FIRST, LAST],
    }
    kept = [FIRST, LAST, DETAILS["title"]]
    files = "".join(file.decode("latin-1") for file in house.read_files().values())
    assert [secret for secret in SECRETS if secret.casefold() in files.casefold()] == kept
    proof.report(
        "a candidate keeps the name and nothing else",
        backend=house.db.backend,
        columns=len(planted),
    )


def test_a_candidate_keeps_the_name_in_exam_records(own_node: LocalNode) -> None:
    db = own_node.db
    account = own_node.add_account()
    org_id = account.org_id
    new = NewLearner(code="L1", first_name="Ada", last_name="L", email="ada@x.example", uuid="")
    person_id = db.call(add_learner, org_id, new, actor="test").person_id
    guest = Contact(email="ada@x.example", first_name="Ada", last_name="L")
    db.call(add_by_staff, org_id, account.event.id, guest, actor="test")
    (kept,) = db.call(erase_person, org_id, person_id, actor="test")
    assert kept.what == "name and code in exam records"
    (learner,) = db.call(list_learners, org_id, 9)
    assert (learner.name, learner.email) == ("Ada L", "")
    # Lists by name have them where the name stands.
    assert db.call(find_faults) == {}


def test_a_former_erasure_is_applied_again(house: House) -> None:
    person_id = house.person_id
    uuid = house.call(get_person, person_id).uuid
    assert not house.call(erase_again, person_id, "another", actor="test")
    assert house.call(erase_again, person_id, uuid, actor="test")
    assert house.call(find_person, NEW) is None
    with pytest.raises(Missing):
        house.call(erase_person, PersonId(10**9), actor="test")


def test_everything_is_exported(house: House) -> None:
    planted = {table for table, _ in house.find_secrets()}
    own = {place.table for place in PLACES if place.has_org}
    found = house.call(export_person, house.person_id)
    assert planted & own - set(found) == set()
    assert planted - own == {"conversations", "early_reports", "reply_keys", "stray_replies"}
    text = json.dumps(found, ensure_ascii=False)
    assert [secret for secret in SECRETS if secret not in text] == []
    assert "bo@example.com" not in text
    assert {"tickets", "payments", "invitations", "session_bookings"} <= set(found)
    registered = {row["id"] for row in found["registrations"]}
    assert {row["registration_id"] for row in found["session_bookings"]} <= registered
    assert {row["registration_id"] for row in found["tickets"]} <= registered
    shown = {(row["event_title"], row["event_date"]) for row in found["registrations"]}
    assert shown == {(house.account.event.title, "2027-06-01")}
    for table, rows in found.items():
        for row in rows:
            # Event 1 is planted, and there is none.
            number = row.get("event_id") or row.get("registration_id")
            is_of_event = bool(number) and row.get("event_id") != 1
            assert is_of_event == bool(row.get("event_title")), table
            assert bool(row.get("session_id")) == bool(row.get("session_title")), table
    page = to_page("<Ada>", {"people": [{"name": "<script>"}]})
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_a_place_that_is_offered_to_them_goes_to_the_next(own_node: LocalNode) -> None:
    office = Office(own_node, 1)
    ann = office.add("ann")
    for name in ("bob", "cid"):
        office.call(join_list, office.event_id, office.general, contact(name))
    office.act(cancel_registration, ann)
    office.act(erase_person, office.person("bob").id)
    entries = office.call(list_waiting, office.event_id, is_all=True, limit=9)
    assert [(entry.email, entry.state) for entry in entries] == [
        ("", "left"),
        ("cid@example.com", "offered"),
    ]
    assert office.held()["event"] == 1


def test_nobody_writes_to_an_invitee_who_is_gone(own_node: LocalNode) -> None:
    def invite_two(tx: Tx) -> tuple[Builder, CampaignId]:
        house = Builder(tx, "inviting")
        event = house.event()
        people = house.people("ann", "bob")
        return house, house.campaign(event, house.default_type(event), people).id

    db = own_node.db
    house, campaign_id = db.call(invite_two)
    ann = db.call(find_person, house.org_id, "ann@example.com")
    assert ann
    db.call(erase_person, house.org_id, ann.id, actor="test")
    _, total = db.call(send_campaign, house.org_id, campaign_id, "https://t.test", actor="test")
    assert total == 1


@pytest.mark.parametrize("said", ["pending", "declined", "confirmed"])
def test_nobody_confirms_for_an_invitee_who_is_gone(node: LocalNode, said: str) -> None:
    hall = Hall(node, None, (3, 2))
    invitee_id = hall.invitees[0]["a"]
    token = LINKS.token(hall.db.call(ensure_link_key), invitee_id)
    if said != "pending":
        hall.call(confirm, invitee_id, actor="test")
    if said == "declined":
        hall.call(decline, invitee_id, actor="test")
    person = hall.call(find_person, "a@example.com")
    assert person
    hall.call(erase_person, person.id, actor="test")
    with pytest.raises(Missing, match="This invitation is over"):
        hall.db.call(read_link, token)
    if said == "confirmed":
        hall.call(decline, invitee_id, actor="test")
    expected = (Missing, "no recipient") if said == "pending" else (Conflict, "invitation is over")
    with pytest.raises(expected[0], match=expected[1]):
        hall.call(confirm, invitee_id, actor="test")
    found = hall.call(list_invitees, hall.event_id, InviteeFilter(email=""))
    states = {one.id: one.state for one in found}
    assert states.get(invitee_id) == (None if said == "pending" else "declined")
    assert hall.places().event[0] == 0
