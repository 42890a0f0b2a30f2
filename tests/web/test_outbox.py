"""The outbox page: what the simulator sent, to those whose jobs it was."""

import asyncio
import base64
import html
import re

import pytest

from tests.core.messaging.jobs import POLICY, new_job
from tests.support.builder import make_organization
from tests.support.client import Answer, AppClient
from tests.support.node import LocalNode
from tests.web.reading import Page
from tests.web.signing_in import sign_in
from turnout.carriers import Message, Parcel
from turnout.carriers.simulator import SimulatorCarrier, SimulatorSettings
from turnout.core.identity.members import find_password
from turnout.core.identity.model import Role
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.users import create_user
from turnout.core.ids import JobId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.listing import JobFilter, list_jobs
from turnout.core.messaging.model import Channel, Content, JobType, Kind, NewRecipient
from turnout.core.messaging.staging import add_internal_job
from turnout.core.verification.codes import CodeRequest, Purpose, send_code, send_own_code
from turnout.web.outbox import MESSAGES_LIMIT

BROWSER = {"Accept": "text/html"}
PASSWORD = "Test password 1"
ORG = "SELECT org_id FROM organizations WHERE slug = 'outbox-1'"
FORGET = "DELETE FROM simulated_messages WHERE destination = '61499999999'"


@pytest.fixture(scope="module")
def jobs(node: LocalNode) -> dict[str, JobId]:
    """A job of `acct`, one of `agent` in the same organization, and one of somebody else."""
    hashed = hash_password(PASSWORD)
    first = node.db.call(make_organization, "outbox-1", "First")
    second = node.db.call(make_organization, "outbox-2", "Second")
    jobs = {}
    for org_id, name, role in (
        (first, "acct", Role.ACCT),
        (first, "agent", Role.AGENT),
        (second, "other", Role.ADMIN),
    ):
        node.db.call(
            create_user,
            org_id,
            f"out/{name}",
            name=name,
            email=f"{name}@example.com",
            role=role,
            password_hash=hashed,
            actor="test",
        )
        found = node.db.call(find_password, f"out/{name}")
        assert found
        to = [NewRecipient("61412345678")]
        jobs[name] = node.db.call(accept_job, found.principal, new_job(), to, POLICY)
        channel = Channel.EMAIL if name == "agent" else Channel.SMS
        message = Message(
            id=jobs[name], org_id=org_id, channel=channel, subject="", text=f"From <{name}>"
        )
        to_whom = "jo@example.com" if name == "agent" else "61412345675"
        parcel = Parcel(attempt_id=1, destination=to_whom, sender="", fields={})
        carrier = SimulatorCarrier(SimulatorSettings(), node.db)
        asyncio.run(carrier.send(message, [parcel]))
    return jobs


def ask(site: AppClient, name: str, query: str = "") -> Answer:
    headers = sign_in(site, f"out/{name}", PASSWORD) | BROWSER
    return site.request("GET", f"/outbox{query}", headers=headers)


def test_only_users_of_the_messaging_api_see_it(site: AppClient, jobs: dict[str, JobId]) -> None:
    answer = site.request("GET", "/outbox?channel=sms", headers=BROWSER)
    assert (answer.status, answer.headers["location"]) == (
        303,
        "/console/sign-in?next=%2Foutbox%3Fchannel%3Dsms",
    )
    program = site.request("GET", "/outbox")
    assert (program.status, program.headers["www-authenticate"]) == (
        401,
        'Cookie realm="Turnout pages", form-action="/console/sign-in"',
    )
    assert program.body == b"Sign in at /console/sign-in, then open this page again.\n"
    pair = base64.b64encode(f"out/acct:{PASSWORD}".encode()).decode()
    basic = {"Authorization": f"Basic {pair}"}
    assert site.request("GET", "/outbox", headers=basic).status == 401


@pytest.mark.parametrize(
    ("name", "seen"),
    [("acct", ["acct"]), ("agent", ["acct", "agent"]), ("other", ["other"])],
)
def test_everybody_sees_what_is_theirs(
    site: AppClient, jobs: dict[str, JobId], name: str, seen: list[str]
) -> None:
    answer = ask(site, name)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    text = Page(answer.body).text
    assert [job for job in jobs if f"From <{job}>" in text] == seen


def test_a_message_is_shown_with_its_fate(site: AppClient, jobs: dict[str, JobId]) -> None:
    text = Page(ask(site, "acct").body).text
    number = jobs["acct"]
    assert f"SENT sms to 61412345675 Job {number}, 20" in text
    assert "From <acct> Reply: Thanks, I will be there." in text


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("?channel=email", ["agent"]),
        ("?to=%2B61412345675", ["acct"]),
        ("?to=nobody", []),
        ("?job={acct}", ["acct"]),
        ("?job=&channel=&to=", ["acct", "agent"]),
    ],
)
def test_messages_are_filtered(
    site: AppClient, jobs: dict[str, JobId], query: str, seen: list[str]
) -> None:
    text = Page(ask(site, "agent", query.format(**jobs)).body).text
    assert [job for job in jobs if f"From <{job}>" in text] == seen
    assert ("The simulator has sent nothing like that." in text) == (not seen)


def test_older_messages_are_on_pages_of_their_own(
    site: AppClient, node: LocalNode, jobs: dict[str, JobId]
) -> None:
    org_id = node.db.call(lambda tx: tx.connection.execute(ORG).fetchone()[0])
    message = Message(
        id=jobs["acct"], org_id=org_id, channel=Channel.SMS, subject="", text="one of many"
    )
    count = 2 * MESSAGES_LIMIT + 5
    for number in range(count):
        parcel = Parcel(attempt_id=number + 100, destination="61499999999", sender="", fields={})
        asyncio.run(SimulatorCarrier(SimulatorSettings(), node.db).send(message, [parcel]))
    shown, path = [], "?to=61499999999"
    while path:
        text = ask(site, "acct", path).body.decode()
        shown.append(text.count("one of many"))
        older = re.search(r'rel="next" href="/outbox([^"]+)"', text)
        path = html.unescape(older[1]) if older else ""
    assert shown == [MESSAGES_LIMIT, MESSAGES_LIMIT, 5]
    node.db.call(lambda tx: tx.connection.execute(FORGET) and None)


def test_a_code_is_shown_to_nobody_but_who_sent_it(
    site: AppClient, node: LocalNode, jobs: dict[str, JobId]
) -> None:
    found = node.db.call(find_password, "out/acct")
    assert found
    asked = CodeRequest("c1", JobType.SMS, "61412345679", "Your code is [[code]]")
    job_id = node.db.call(send_code, found.principal, asked, POLICY)
    message = Message(
        id=job_id,
        org_id=found.principal.org_id,
        channel=Channel.SMS,
        text="Your code is 123456",
        kind=Kind.CODE,
    )
    carrier = SimulatorCarrier(SimulatorSettings(), node.db)
    parcel = Parcel(attempt_id=2, destination="61412345679", sender="")
    asyncio.run(carrier.send(message, [parcel]))
    assert "Your code is 123456" in Page(ask(site, "acct").body).text
    assert "Your code is" not in Page(ask(site, "agent").body).text


def test_mails_that_no_user_asked_for_are_hidden_from_an_acct(
    site: AppClient, node: LocalNode, jobs: dict[str, JobId]
) -> None:
    """Their links act in the name of who got them. `acct` is the organization's first user."""
    acct = node.db.call(find_password, "out/acct")
    assert acct
    link = "http://turnout.test/ticket/1-AAAA111111"
    job_ids = {}
    for name, user_id in (("own", acct.principal.user_id), ("nobody's", None)):
        job_ids[name] = node.db.call(
            add_internal_job,
            acct.principal.org_id,
            user_id,
            kind=Kind.NOTICE,
            job_type=JobType.EMAIL,
            name="Notice",
            content=Content(text="%%text%%"),
            recipients=[NewRecipient("eve@example.com")],
        )
        message = Message(
            id=job_ids[name],
            org_id=acct.principal.org_id,
            channel=Channel.EMAIL,
            text=f"{name} {link}",
        )
        carrier = SimulatorCarrier(SimulatorSettings(), node.db)
        parcel = Parcel(attempt_id=job_ids[name], destination="eve@example.com", sender="")
        asyncio.run(carrier.send(message, [parcel]))
    for user, seen in (("acct", ["own"]), ("agent", ["own", "nobody's"]), ("other", [])):
        text = Page(ask(site, user, "?to=eve@example.com").body).text
        assert [name for name in job_ids if f"{name} {link}" in text] == seen
    hidden = job_ids["nobody's"]
    assert "ticket" not in Page(ask(site, "acct", f"?job={hidden}").body).text
    page = node.db.call(list_jobs, acct.principal, JobFilter(), limit=100, skip=0)
    assert not {job.id for job in page.jobs} & set(job_ids.values())


def test_a_code_of_a_page_is_shown_to_no_user(
    site: AppClient, node: LocalNode, jobs: dict[str, JobId]
) -> None:
    acct = node.db.call(find_password, "out/acct")
    assert acct
    org_id = acct.principal.org_id
    asked = CodeRequest("1:fay@example.com", JobType.EMAIL, "fay@example.com", "Code [[code]]")
    job_id = node.db.call(send_own_code, org_id, Purpose.WATCH, asked)
    message = Message(
        id=job_id, org_id=org_id, channel=Channel.EMAIL, text="Code 654321", kind=Kind.CODE
    )
    carrier = SimulatorCarrier(SimulatorSettings(), node.db)
    parcel = Parcel(attempt_id=job_id, destination="fay@example.com", sender="")
    asyncio.run(carrier.send(message, [parcel]))
    shown = [Page(ask(site, name).body).text for name in ("acct", "agent", "other")]
    assert not [text for text in shown if "654321" in text]


@pytest.mark.parametrize(
    "query", ["?channel=pigeon", "?job=x", "?job=" + "9" * 20, "?to=" + "x" * 201]
)
def test_a_filter_that_cannot_be_read_is_named(
    site: AppClient, jobs: dict[str, JobId], query: str
) -> None:
    assert ask(site, "agent", query).status == 400
