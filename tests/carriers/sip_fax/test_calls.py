"""Faxes of the carrier to a machine that answers over SIP: over T.38 that either side offers, in
sound, broken off and gone on with, refused, lost and not wanted."""

import asyncio
import hashlib
import os
import re
import signal
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.carriers.sip.peers import PASSWORD, REFUSALS, USER, kamailio
from tests.carriers.sip.test_statuses import CAUSES, LOST_TRUNK, REFUSED_US, ROWS
from tests.carriers.sip_fax.machine import read_pages
from tests.carriers.sip_fax.office import Kept, Office, are_same, open_office, until
from tests.carriers.sip_fax.phone import OPEN, FaxPhone
from tests.carriers.sip_fax.sheets import make_documents
from tests.carriers.smtp.certificates import Authority
from tests.support import proof
from tests.support.node import database
from tests.support.postgresql import Cluster
from turnout.carriers import Accepted, Attachment, Lapsed, Misconfigured, Outcome, Rejected, Retry
from turnout.carriers.sip_fax import SipFaxSettings
from turnout.carriers.sip_fax.messages import Message
from turnout.carriers.sip_fax.probing import probe
from turnout.carriers.trunks import placing
from turnout.core.ids import RecipientId
from turnout.core.messaging.call_ends import LOST
from turnout.core.messaging.controlling import cancel_job
from turnout.core.messaging.model import Status

pytestmark = pytest.mark.xdist_group("scenarios of faxes")
NAME = "faxes"
PAGES, DOCUMENTS = proof.scale(2, 4), proof.scale(1, 2, 10)


Scenario = Callable[[Office, Path], Coroutine[None, None, None]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(work: Scenario) -> Scenario:
    """One that is played at the same time as all others: lines take their time, and little else."""
    SCENARIOS[work.__name__] = work
    return work


@scenario
async def each_way_of_agreeing_brings_the_pages(office: Office, folder: Path) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    async with office.carrier(phone, kept) as carrier:
        message = office.new_message(1)
        parcels = [office.new_parcel(f"6141234567{way}") for way in "12386"]
        outcomes = await carrier.send(message, parcels)
        assert [type(one) for one in outcomes] == [Accepted] * 4 + [Rejected]
        reports = [await kept.wait_for(parcel) for parcel in parcels[:4]]
    await phone.stop()
    assert [report.status for report in reports] == [Status.SENT] * 4, reports
    t38, sound = (
        f"1 of 1 pages. Page 1 ({way}, 14400 bit/s, error correction)." for way in ("T.38", "G.711")
    )
    assert [report.notes for report in reports] == [t38, t38, sound, sound]
    for call in phone.calls:
        if call.way != "6":
            assert are_same(message, [call.path], folder), call.way


@scenario
async def what_remains_of_a_fax_is_sent_by_another_call(office: Office, folder: Path) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    async with office.carrier(phone, kept) as carrier:
        message, parcel = office.new_message(PAGES), office.new_parcel("61412345674")
        await carrier.send(message, [parcel])
        report = await kept.wait_for(parcel)
    await phone.stop()
    ecm = "(T.38, 14400 bit/s, error correction)"
    rest = f"Pages 2 to {PAGES}" if PAGES > 2 else "Page 2"
    assert (report.status, report.notes) == (
        Status.SENT,
        f"{PAGES} of {PAGES} pages. Call 1: Page 1 {ecm}. The call dropped prematurely. "
        f"Call 2: {rest} {ecm}.",
    )
    first, second = (call.path for call in phone.calls)
    assert len(read_pages(second)) == PAGES - 1
    assert are_same(message, [first, second], folder)


@scenario
async def a_number_that_has_moved_and_one_that_asks_for_a_pause(
    office: Office, folder: Path
) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    async with office.carrier(phone, kept) as carrier:
        message = office.new_message(1)
        parcels = [office.new_parcel(f"614123456{end}") for end in ("10", "20", "16")]
        moved, barred, busy = await carrier.send(message, parcels)
        assert isinstance(moved, Accepted)
        assert (await kept.wait_for(parcels[0])).status is Status.SENT
        assert isinstance(barred, Rejected)
        assert barred.status is Status.INVALID_NUMBER
        assert isinstance(busy, Retry)
        assert busy.after_s == 77
    await phone.stop()
    numbers = sorted(call.number[1:] for call in phone.calls)
    assert numbers == ["61412345610", "61412345616", "61412345620", "61412345643"]
    [last] = [call for call in phone.calls if call.number.endswith("43")]
    assert are_same(message, [last.path], folder)


@scenario
async def documents_of_many_kinds(office: Office, folder: Path) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    async with office.carrier(phone, kept, channels=20) as carrier:
        for way in "13":
            jobs = [
                office.new_job([document], is_high_resolution=False)
                for document in make_documents()[:DOCUMENTS]
            ]
            for message in jobs:
                parcel = office.new_parcel(f"6141234567{way}")
                await carrier.send(message, [parcel])
                assert (await kept.wait_for(parcel)).status is Status.SENT
                assert are_same(message, [phone.calls[-1].path], folder), message.attachments
    await phone.stop()
    proof.report(NAME, documents=2 * DOCUMENTS, resumed=PAGES)


@scenario
async def fax_machines_that_are_none(office: Office, folder: Path) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    async with office.carrier(phone, kept) as carrier:
        message = office.new_message(1)
        silent, odd = (office.new_parcel(f"6141234567{way}") for way in "59")
        await carrier.send(message, [silent, odd])
        reports = [await kept.wait_for(parcel) for parcel in (silent, odd)]
    await phone.stop()
    assert [(report.status, report.notes) for report in reports] == [
        (Status.NO_FAX, "0 of 1 pages. No page. No fax machine was heard."),
        (Status.FAILED, "It was answered, and without G.711 or T.38."),
    ]


@scenario
async def calls_that_are_not_wanted_any_more(office: Office, folder: Path) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    async with office.carrier(phone, kept, retry_seconds=3600) as carrier:
        message = office.new_message(2)
        late = office.new_parcel("61412345677")
        unwanted, broken = (office.new_parcel(f"6141234567{way}") for way in "74")
        assert [type(one) for one in await carrier.send(message, [late, unwanted, broken])] == [
            Accepted
        ] * 3
        carrier._trunk.calls[f"turnout-{late.attempt_id}"].end("cut_off")
        carrier._cancel(RecipientId(unwanted.attempt_id))
        reports = [await kept.wait_for(one) for one in (late, unwanted)]
        await until(lambda: carrier._trunk.channels._value == 10)  # it waits to go on
        carrier._cancel(RecipientId(broken.attempt_id))
        reports.append(await kept.wait_for(broken))
    await phone.stop()
    assert [(report.status, report.notes) for report in reports] == [
        (Status.EXPIRED, "Its time was over while it rang."),
        (Status.EXPIRED, "Cancelled while it rang."),
        (
            Status.EXPIRED,
            "1 of 2 pages. Page 1 (T.38, 14400 bit/s, error correction). The call dropped "
            "prematurely. It was cancelled.",
        ),
    ]
    assert len(phone.calls) == 3


@scenario
async def a_cancelled_job_is_not_dialled(office: Office, folder: Path) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    async with office.carrier(phone, kept) as carrier:
        message = office.new_message(1)
        office.db.call(cancel_job, office.org_id, message.id, actor="test")
        parcel = office.new_parcel("61412345671")
        assert await carrier.send(message, [parcel]) == [Lapsed()]
    assert phone.requests == []
    await phone.stop()


@scenario
async def a_document_that_is_none_is_not_dialled(office: Office, folder: Path) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    async with office.carrier(phone, kept) as carrier:
        message = office.new_job([Attachment("a.pdf", "application/pdf", b"%PDF-1.4 no")])
        [outcome] = await carrier.send(message, [office.new_parcel("61412345671")])
        assert isinstance(outcome, Rejected)
        assert outcome.status is Status.NOT_CONVERTED
    assert phone.requests == []
    await phone.stop()


def proves(request: Message) -> bool:
    """Whether an INVITE has the right answer to the phone's challenge, by RFC 7616's own words."""
    given = request.get("proxy-authorization")
    parts = dict(re.findall(r'(\w+)="?([^",]+)"?', given))

    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    if not given:
        return False
    secret, asked = digest("turnout:fax:secret-1"), digest(f"INVITE:{parts['uri']}")
    whole = f"{secret}:n1:{parts['nc']}:{parts['cnonce']}:auth:{asked}"
    return digest(whole) == parts["response"]


@scenario
async def sip_messages_that_are_lost_once_each(office: Office, folder: Path) -> None:
    kept = Kept()
    phone = FaxPhone(folder, proof.random_for(NAME), password=proves, drops_sip=True)
    await phone.start()
    account: dict[str, Any] = {"username": "turnout", "password": "secret-1"}
    async with office.carrier(phone, kept, **account) as carrier:
        message, parcel = office.new_message(1), office.new_parcel("61412345671")
        assert await carrier.send(message, [parcel]) == [
            Accepted((f"turnout-{parcel.attempt_id}",))
        ]
        assert (await kept.wait_for(parcel)).status is Status.SENT
        [call] = phone.calls
        assert are_same(message, [call.path], folder)
    async with office.carrier(phone, kept, username="turnout", password="no") as carrier:
        [outcome] = await carrier.send(message, [office.new_parcel("61412345671")])
        assert isinstance(outcome, Misconfigured)
        assert len(phone.calls) == 1
    await phone.stop()


async def _offer(office: Office, folder: Path, t38: str, way: str, expected: str) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    async with office.carrier(phone, kept, t38=t38) as carrier:
        message, parcel = office.new_message(1), office.new_parcel(f"6141234567{way}")
        await carrier.send(message, [parcel])
        report = await kept.wait_for(parcel)
        assert report.status is Status.SENT
        assert expected in report.notes
        assert are_same(message, [phone.calls[-1].path], folder)
    await phone.stop()


@scenario
async def t38_that_is_offered_first(office: Office, folder: Path) -> None:
    await _offer(office, folder, "first", "2", "T.38")


@scenario
async def t38_that_is_offered_first_and_refused(office: Office, folder: Path) -> None:
    await _offer(office, folder, "first", "3", "G.711")


@scenario
async def t38_that_is_never_taken(office: Office, folder: Path) -> None:
    await _offer(office, folder, "never", "1", "G.711")


@scenario
async def a_fax_whose_worker_dies_is_unknown_and_not_sent_again(
    office: Office, folder: Path
) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    async with office.carrier(phone, kept) as carrier:
        message, parcel = office.new_message(1), office.new_parcel("61412345671")
        await carrier.send(message, [parcel])
        os.kill(carrier._trunk.processes[0].pid or 0, signal.SIGKILL)
        report = await kept.wait_for(parcel)
        assert (report.status, report.notes) == (Status.PATHWAY_ERROR, LOST)
        await until(carrier.is_open)
        assert await carrier.send(message, [parcel]) == [placing.TWICE]
        assert len(phone.calls) == 1
    await phone.stop()


@scenario
async def a_trunk_with_a_password_that_registers_and_refuses(office: Office, folder: Path) -> None:
    kept, phone = Kept(), FaxPhone(folder, proof.random_for(NAME))
    await phone.start()
    authority = Authority(folder)
    certificate = authority.issue("127.0.0.1")
    with kamailio(folder, phone.port, (certificate, authority.file)) as (port, tls_port, _):
        account: dict[str, Any] = {
            "port": port,
            "transport": "tcp",
            "domain": "trunk.example",
            "username": USER,
            "password": PASSWORD,
        }
        tls = account | {"transport": "tls", "port": tls_port}
        probes = [
            asyncio.to_thread(probe, SipFaxSettings(host="127.0.0.1", **account | more))
            for more in ({"register": True}, {"register": True, "password": "no"}, tls)
        ]
        good, wrong, untrusted = await asyncio.gather(*probes, return_exceptions=True)
        assert good == "answers 200 OK, and has registered the account"
        assert "the registrar refuses the account: 403 Forbidden" in str(wrong)
        assert str(untrusted).startswith("its certificate is not trusted: ")
        message = office.new_message(1)
        one = office.new_parcel("61412345671")
        async with office.carrier(phone, kept, **tls) as carrier:
            [outcome] = await carrier.send(message, [one])
            assert isinstance(outcome, Misconfigured)
            assert "cannot be trusted" in outcome.reason
        async with office.carrier(phone, kept, **account, register=True, channels=60) as carrier:
            ends = [end for end in REFUSALS if REFUSALS[end][0] != 302]
            parcels = [office.new_parcel(f"614123456{end}") for end in ends]
            outcomes = await carrier.send(message, [one, *parcels])
            found = {end: what(outcome) for end, outcome in zip(ends, outcomes[1:], strict=True)}
            assert found == {end: expected(*REFUSALS[end]) for end in ends}
            assert (await kept.wait_for(one)).status is Status.SENT
            assert are_same(message, [phone.calls[-1].path], folder)
        tls["tls_ca_file"] = str(authority.file)
        async with office.carrier(phone, kept, **tls) as carrier:
            two = office.new_parcel("61412345673")
            await carrier.send(message, [two])
            assert (await kept.wait_for(two)).status is Status.SENT
    await phone.stop()


def what(outcome: Outcome) -> object:
    return outcome.status if isinstance(outcome, Rejected) else type(outcome)


def expected(code: int, _words: str, cause: int) -> object:
    if cause:
        return CAUSES[cause]
    outcomes: dict[int, object] = dict.fromkeys(LOST_TRUNK, Retry)
    return (outcomes | dict.fromkeys(REFUSED_US, Misconfigured)).get(code) or next(
        status for status, codes in ROWS.items() if code in codes
    )


@pytest.fixture(scope="module")
def play(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], None]]:
    """Plays all scenarios that are asked for at once; waits for one of them."""
    office = open_office(tmp_path_factory.mktemp("office"))
    asked = {item.name.partition("[")[2].rstrip("]") for item in request.session.items}
    with asyncio.Runner() as runner:

        async def begin() -> dict[str, asyncio.Task[None]]:
            return {
                name: asyncio.create_task(work(office, tmp_path_factory.mktemp(name)))
                for name, work in SCENARIOS.items()
                if name in asked
            }

        async def wait(task: asyncio.Task[None]) -> None:
            await task

        async def end() -> None:
            """Of those whose tests another process runs, or that have failed."""
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
            for phone in [*OPEN]:
                await phone.stop()

        tasks = runner.run(begin())
        yield lambda name: runner.run(wait(tasks[name]))
        runner.run(end())
    office.db.close()


def test_faxes_are_continued_on_postgresql(cluster: Cluster, tmp_path: Path) -> None:
    with database("postgresql", tmp_path, cluster) as url:
        office = open_office(tmp_path, url=url)
        asyncio.run(what_remains_of_a_fax_is_sent_by_another_call(office, tmp_path))
        office.db.close()


PROVED = ("what_remains_of_a_fax_is_sent_by_another_call", "documents_of_many_kinds")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.proof] if name in PROVED else []) for name in SCENARIOS],
)
def test_a_scenario(play: Callable[[str], None], name: str) -> None:
    play(name)
