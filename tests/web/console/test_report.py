"""The report of an event in the console: its figures, filters, comparison and files."""

import io
import json
import re

import pytest

from tests.core.audience.cinema import LIVE_FROM, MINUTE, Cinema, open_cinema
from tests.support.builder import make_organization
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from turnout.core.audience.asking import ask_question
from turnout.core.audience.model import Mode
from turnout.core.audience.surveys import Item, answer_survey, create_survey
from turnout.core.audience.viewings import correct_viewing
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.events.programme import list_ticket_types
from turnout.core.identity.model import Role
from turnout.core.ids import OrgId, RegistrationId, UserId
from turnout.core.invitations.campaigns import create_campaign, send_campaign
from turnout.core.invitations.invitees import invite
from turnout.core.people.model import Contact
from turnout.formats.workbook import CONTENT_TYPE
from turnout.store import Tx

HOUR = 3_600_000
FIGURE = re.compile(r"<div><dt>([^<]+)</dt><dd>([\d,]+)")


@pytest.fixture(scope="module")
def house(node: LocalNode) -> OrgId:
    node.clock.now = LIVE_FROM - HOUR
    return node.db.call(make_organization, "cinema", "Cinema")


@pytest.fixture(scope="module")
def owner(node: LocalNode, house: OrgId) -> Desk:
    return add_user(node, house, "cinema/owner", Role.ADMIN)


@pytest.fixture(scope="module")
def cinema(node: LocalNode, house: OrgId) -> Cinema:
    """Four people: one came, one came and watched, one watched, one did neither."""
    cinema = open_cinema(node.db, house)
    people = [
        cinema.register("ada@example.org", sti="newsletter", last_name="Ada"),
        cinema.register("bob@example.org", sti="newsletter", last_name="Bob"),
        cinema.register("cyd@example.com", last_name="Cyd"),
        cinema.register("dan@example.com", last_name="Dan"),
    ]
    for person in people[:2]:
        code = node.db.call(_code_of, house, person)
        node.db.call(check_in, house, cinema.event.id, Scan(code=code, at=node.clock.now))
    for person, minutes in ((people[1], 10), (people[2], 50)):
        span = (LIVE_FROM, LIVE_FROM + minutes * MINUTE)
        node.db.call(correct_viewing, house, person, cinema.talk.id, Mode.LIVE, span, actor="test")
    node.db.call(ask_question, house, people[2], cinema.talk.id, "When?")
    survey = node.db.call(
        create_survey,
        house,
        cinema.event.id,
        "Survey",
        (Item("Good?", ("Yes", "No")),),
        actor="test",
    )
    node.db.call(answer_survey, house, people[2], cinema.talk.id, survey.id, {0: "Yes"})
    return cinema


def _code_of(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> str:
    row: tuple[str] = tx.connection.execute(
        f"SELECT code FROM tickets WHERE org_id = {org_id} AND registration_id = {registration_id}"
    ).fetchone()
    return row[0]


def read_figures(page: str) -> dict[str, str]:
    return dict(FIGURE.findall(page))


def address(cinema: Cinema, rest: str = "") -> str:
    return f"/console/{cinema.event.id}/report{rest}"


def test_door_and_screen_are_joined(owner: Desk, cinema: Cinema) -> None:
    page = owner.read(address(cinema))
    assert read_figures(page) == {
        "Attended": "3",
        "Checked in at the door": "2",
        "Watched online": "2",
        "At the door and online": "1",
        "Asked a question": "1",
    }
    parts = re.findall(r'<th scope="row">([^<]+)</th><td class="num">(\d+)</td><td', page)
    assert parts[:4] == [
        ("at the door", "1"),
        ("at the door and online", "1"),
        ("online", "1"),
        ("not seen yet", "1"),
    ]
    assert "Watching at once: Talk" in page
    assert 'Yes</span><span class="num">1 \u00b7 100 %' in page


@pytest.mark.parametrize(
    ("query", "attended"),
    [
        ("source=newsletter", "2"),
        ("source=-", "1"),
        ("domain=example.org", "2"),
        ("without=example.org", "1"),
        ("asked=1", "1"),
        ("answered=1", "1"),
        ("viewer=live", "2"),
        ("viewer=none", "1"),
        ("viewer=live&viewer=none&source=newsletter", "2"),
        ("from=2027-01-04&until=2027-01-04", "3"),
        ("from=2027-01-04&about=watched", "2"),
    ],
)
def test_each_filter_narrows_the_report(
    owner: Desk, cinema: Cinema, query: str, attended: str
) -> None:
    assert read_figures(owner.read(address(cinema, f"?{query}")))["Attended"] == attended


def test_those_who_were_invited_are_told_from_those_who_were_not(
    node: LocalNode, owner: Desk, house: OrgId
) -> None:
    cinema = open_cinema(node.db, house)

    def ask(tx: Tx) -> None:
        (kind,) = list_ticket_types(tx, house, cinema.event.id)
        facts = {"subject": "Come", "sender_email": "a@example.org", "body": "%%link%%"}
        for names, is_sent in ((["ada", "dan"], True), (["ada"], True), (["bob"], False)):
            made = create_campaign(
                tx,
                house,
                cinema.event.id,
                ticket_type_id=kind.id,
                name="Guests",
                user_id=UserId(1),
                actor="test",
                **facts,
            )
            invite(tx, house, made.id, [Contact(email=f"{name}@example.org") for name in names])
            if is_sent:
                send_campaign(tx, house, made.id, "http://x", actor="test")

    node.db.call(ask)
    for name in ("ada", "bob", "cyd"):
        cinema.register(f"{name}@example.org", last_name=name)
    box = owner.read(address(cinema)).partition('id="seat"')[2].partition("</section>")[0]
    steps = re.findall(r'<li><span>([^<]+)</span><span class="num">([^<]+)', box)
    assert steps == [
        ("Invited", "2"),
        ("Registered of them", "1 \u00b7 50 %"),
        ("Registered", "3"),
    ]


def test_bars_lead_to_narrower_reports(owner: Desk, cinema: Cinema) -> None:
    page = owner.read(address(cinema, "?asked=1"))
    assert 'href="?asked=1&amp;source=-"' not in page
    links = re.findall(r'<a href="(\?[^"]+)"[^>]*>(?:<rect|example)', page)
    narrow = [link.replace("&amp;", "&") for link in links]
    assert narrow == [
        "?from=2027-01-04&until=2027-01-04&about=registered&asked=1",
        "?asked=1&minutes=45-60",
        "?domain=example.com&asked=1",
    ]
    assert read_figures(owner.read(address(cinema, narrow[0])))["Attended"] == "1"


def test_bars_of_arrivals_and_minutes_keep_those_they_count(owner: Desk, cinema: Cinema) -> None:
    page = owner.read(address(cinema)).replace("&amp;", "&")
    bars = re.findall(r'<a href="(\?(?:came|minutes)=[^"]+)" aria-label="([^"]+)"', page)
    assert [link for link, _ in bars if "minutes" in link] == ["?minutes=5-15", "?minutes=45-60"]
    assert len(bars) == 3
    for link, words in bars:
        kept = owner.read(address(cinema, link))
        number = re.match(r"\d+", words)
        assert number, words
        assert read_figures(kept)["Attended"] == number[0]
        assert len(list_chips(kept)) == 1
        # Another filter of the form keeps it.
        name, _, value = link[1:].partition("=")
        assert f'<input type="hidden" name="{name}" value="{value}">' in kept


def test_each_filter_stands_above_and_is_taken_off_by_itself(owner: Desk, cinema: Cinema) -> None:
    assert list_chips(owner.read(address(cinema))) == {}
    chosen = list_chips(
        owner.read(
            address(
                cinema,
                "?from=2027-01-04&until=2027-01-05&about=watched&source=newsletter&source=-"
                "&domain=a.example+b.example&asked=1&answered=1",
            )
        )
    )
    assert list(chosen) == [
        "watched 4 Jan 2027 \u2013 5 Jan 2027",
        "from newsletter",
        "No campaign source",
        "@a.example",
        "@b.example",
        "asked a question",
        "answered a survey",
    ]
    rest = "source=-&domain=a.example+b.example&asked=1&answered=1"
    days = "?from=2027-01-04&until=2027-01-05&about=watched"
    assert chosen["from newsletter"] == address(cinema, f"{days}&{rest}")
    without_days = address(cinema, f"?source=newsletter&{rest}")
    assert chosen["watched 4 Jan 2027 \u2013 5 Jan 2027"] == without_days


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?from=2027-01-04&until=2027-01-04&about=registered", "registered on 4 Jan 2027"),
        ("?from=2027-01-04", "registered or watched since 4 Jan 2027"),
        ("?until=2027-01-04", "registered or watched until 4 Jan 2027"),
        ("?without=a.example", "not @a.example"),
        ("?minutes=5-15", "watched 5\u201315 min"),
        ("?minutes=90-0", "watched 90+ min"),
        (
            "?came=1798761600-1798762500",
            "came Fri 1 Jan 2027, 1:00 \u2013 Fri 1 Jan 2027, 1:15",
        ),
    ],
)
def test_a_filter_says_what_it_keeps(owner: Desk, cinema: Cinema, query: str, words: str) -> None:
    assert list_chips(owner.read(address(cinema, query))) == {words: address(cinema, "?")}


def list_chips(page: str) -> dict[str, str]:
    """The filters that are on, each with the address without it."""
    found = re.findall(r'<a class="chip" aria-current="true" href="([^"]+)">([^<]+) <svg', page)
    return {words: href.replace("&amp;", "&") for href, words in found}


def test_nobody_is_told_how_to_go_on(owner: Desk, cinema: Cinema) -> None:
    page = owner.read(address(cinema, "?viewer=od"))
    assert "Nobody matches these filters" in page
    assert f'<a class="button" href="{address(cinema)}"' in page


def test_what_cannot_be_read_is_said_beside_its_field(owner: Desk, cinema: Cinema) -> None:
    bad = "?from=2027-05-02&until=2027-05-01&domain=a.example&without=b.example&tz=Mars"
    answer = owner.open(address(cinema, bad))
    page = answer.body.decode()
    assert answer.status == 422
    assert "There is a problem: 3 answers need correcting" in page
    for field in ("until", "without", "tz"):
        assert f'<a href="#f-{field}">' in page
        assert f'id="e-{field}"' in page
    assert 'value="Mars"' in page
    assert 'value="2027-05-01"' in page
    for broken in ("minutes=5", "minutes=9-5", "came=x-y", f"came=0-{10**15}"):
        assert owner.open(address(cinema, f"?{broken}")).status == 422
    # A file would have everybody whom the filters were to keep out.
    answer = owner.open(address(cinema, f".csv{bad}"))
    assert answer.status == 303
    assert answer.headers["location"] == address(cinema, bad)


def test_two_events_stand_side_by_side(
    node: LocalNode, owner: Desk, cinema: Cinema, house: OrgId
) -> None:
    other = open_cinema(node.db, house)
    other.register("eve@example.com")
    page = owner.read(address(cinema, f"?compare={other.event.id}"))
    assert "Compared with Premiere" in page
    cells = re.findall(
        r'<th scope="row">Registered</th><td[^>]+>([^<]+)</td><td[^>]+>([^<]+)', page
    )
    assert cells == [("4", "1")]
    medians = re.findall(
        r'<th scope="row">Half watched longer than</th><td[^>]+>([^<]+)</td><td[^>]+>([^<]+)', page
    )
    assert [that for _, that in medians] == ["\u2013"]
    assert "Compared with" not in owner.read(address(cinema, "?compare=999999"))


@pytest.mark.parametrize("ending", ["csv", "xlsx", "xml", "json"])
def test_each_file_has_those_whom_the_report_counts_and_leaves_a_trace(
    node: LocalNode, owner: Desk, cinema: Cinema, house: OrgId, ending: str
) -> None:
    answer = owner.open(address(cinema, f".{ending}?source=newsletter"))
    assert answer.status == 200
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="report-{cinema.event.id}.{ending}"'
    )
    names = {"ada@example.org", "bob@example.org"}
    if ending == "xlsx":
        assert answer.headers["content-type"] == CONTENT_TYPE
        assert _read_workbook(answer.body) == names
    else:
        text = answer.body.decode()
        assert set(re.findall(r"\w+@example\.\w+", text)) == names
    if ending == "json":
        tree = json.loads(answer.body)["convey_api"]["result"]["success"]
        assert len(tree["attendee_list"]["attendee"]) == 2
    (facts,) = node.db.call(_last_export, house)
    assert json.loads(facts) == {"what": f"report as {ending}", "count": 2}


def test_there_is_no_other_file(owner: Desk, cinema: Cinema) -> None:
    assert owner.open(address(cinema, ".exe")).status == 404


def test_who_did_not_come_is_known_when_it_is_over(
    node: LocalNode, house: OrgId, cinema: Cinema
) -> None:
    now, node.clock.now = node.clock.now, cinema.event.ends_at
    try:
        late = add_user(node, house, f"{house}/late", Role.ADMIN)
        assert "1 did not attend" in late.read(address(cinema))
    finally:
        node.clock.now = now


def test_before_the_event_only_registrations_are_shown(
    node: LocalNode, owner: Desk, house: OrgId
) -> None:
    ahead = open_cinema(node.db, house)
    page = owner.read(address(ahead))
    assert "Nobody is registered yet" in page
    ahead.register("fay@example.com")
    page = owner.read(address(ahead))
    assert read_figures(page) == {"Registered": "1"}
    assert "<h1>Who registered</h1>" in page
    assert "did not attend" not in page


def _read_workbook(content: bytes) -> set[str]:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as book:
        texts = " ".join(
            book.read(name).decode() for name in book.namelist() if name.endswith(".xml")
        )
    return set(re.findall(r"\w+@example\.\w+", texts))


def _last_export(tx: Tx, org_id: OrgId) -> tuple[str]:
    row: tuple[str] = tx.connection.execute(
        f"SELECT facts FROM audit_entries WHERE org_id = {org_id} AND action = 'exported'"
        " ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return row


def test_two_of_one_question_are_told_apart_by_survey_and_session(
    node: LocalNode, owner: Desk, house: OrgId, cinema: Cinema
) -> None:
    page = owner.read(address(cinema))
    assert re.findall(r'small">([^<]*Survey, 1 answer)<', page) == ["Survey, 1 answer"]
    asked = (house, cinema.event.id, "Survey of the talk", (Item("Good?", ("Yes", "No")),))
    node.db.call(create_survey, *asked, session_id=cinema.talk.id, actor="test")
    page = owner.read(address(cinema))
    assert re.findall(r'small">([^<]*Survey, \d answers?)<', page) == [
        "Survey · Survey, 1 answer",
        f"Survey of the talk · {cinema.talk.title} · Survey, 0 answers",
    ]
