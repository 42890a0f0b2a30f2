"""Rubbish in every field that a counterpart can write: one outcome and one copy for every parcel.

Real carriers and loops, and counterparts on sockets, on both databases. Between any two parcels
that are answered with rubbish stands one that is answered well, in the same share: it is sent once
too. After that the clock goes past every lease, and nothing is sent again but what the network put
off itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import uvloop

from tests.core.messaging.jobs import POLICY, PRICES, job, make_login, new_job, post, rows
from tests.proofs.rubbish import (
    DATE,
    DEEP,
    DIGITS,
    JSON,
    LINES,
    HttpCounterpart,
    Relay,
    Smsc,
    http_answer,
    listening,
)
from tests.support import proof
from tests.support.builder import make_organization
from tests.support.node import BACKENDS, LocalNode, database, open_node
from turnout.carriers import Carrier
from turnout.carriers.http_sms import HttpSmsCarrier, HttpSmsSettings
from turnout.carriers.smpp import SmppCarrier, SmppSettings, pdu
from turnout.carriers.smtp import SmtpCarrier, SmtpSettings
from turnout.carriers.smtp.bounces import ReturnPaths
from turnout.core.callbacks.model import NewCallback
from turnout.core.callbacks.outbox import add_callbacks, list_attempts, list_callbacks
from turnout.core.identity.model import Principal
from turnout.core.ids import JobId, RecipientId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import Channel, JobType, NewRecipient
from turnout.core.messaging.replies import receive_replies
from turnout.core.messaging.sender_ids import SenderRules
from turnout.core.text import is_storable
from turnout.core.work.listing import list_set_aside
from turnout.dialects.messaging.attachments import UNKNOWN_TYPE, GivenFile, GivenFiles
from turnout.dialects.messaging.file_intake import FileIntake
from turnout.errors import Invalid
from turnout.http.outbound import Outbound
from turnout.workers.callbacks import callback_loops
from turnout.workers.delivery import Delivery, delivery_loops
from turnout.workers.inbox import CarrierInbox

LEASE_S = 30
PATIENCE_S = 60


# In short on the one that refuses more: texts with NUL, and numbers of its columns.
@pytest.fixture(params=proof.scale(["postgresql"], BACKENDS))
def node(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[LocalNode]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with (
        database(request.param, tmp_path, cluster) as url,
        open_node(url, database_threads=2) as node,
    ):
        yield node


@pytest.fixture
def login(node: LocalNode) -> Principal:
    org_id = node.db.call(make_organization, "acme")
    return node.db.call(make_login, org_id, "au/rubbish", receive_reports=False)


def number_of(place: int) -> str:
    return f"614123{place:05}"


def run(scenario: Awaitable[Any]) -> Any:
    """In the event loop of the product."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(scenario, 4 * PATIENCE_S))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the database is looked at
            await asyncio.sleep(0.02)


async def deliver(node: LocalNode, carrier: Carrier, work: Callable[[], Awaitable[None]]) -> None:
    """Run the delivery loops over a carrier for as long as `work` takes."""
    delivery = Delivery(
        carriers=dict.fromkeys(Channel, carrier),
        prices=PRICES,
        unsubscribe_url=lambda number: f"https://turnout.test/u/{number}",
        senders=SenderRules("no-reply@turnout.test"),
        lease_ms=LEASE_S * 1000,
    )
    loops = delivery_loops(node.db, delivery)
    await carrier.start(CarrierInbox(node.db, receive_replies))
    for loop in loops:
        loop.start()
    try:
        await work()
    finally:
        await asyncio.gather(*(loop.stop() for loop in loops))
        await carrier.stop()


async def settle(node: LocalNode, job_id: JobId) -> None:
    """Wait until everybody has an outcome; then let every lease end, and everybody be looked at."""
    for _ in range(3):
        await until(lambda: not _in_hand(node, job_id))
        node.clock.advance(3 * LEASE_S)
        node.execute(f"UPDATE jobs SET ready_at = {node.clock()} WHERE id = {job_id}")
        await until(
            lambda: (job(node.db, job_id, "ready_at")[0] or node.clock() + 1) > node.clock()
        )
    await until(lambda: not _in_hand(node, job_id))


def _in_hand(node: LocalNode, job_id: JobId) -> bool:
    """Whether somebody waits for a first outcome, or is being sent to."""
    found = rows(node.db, job_id, "state", "attempts", "due_at")
    now = node.clock()
    return any(
        state == "claimed" or (state == "waiting" and (due_at is None or due_at <= now))
        for state, _, due_at in found
    )


def check(node: LocalNode, job_id: JobId, copies: dict[str, int], expected: dict[str, int]) -> int:
    """Everybody got as many copies as expected, and has one outcome; returns how many people."""
    assert copies == expected
    found = rows(node.db, job_id, "destination", "state", "status", "is_repeated")
    open_ = [row for row in found if row[1] not in ("done", "accepted") or row[3]]
    assert (open_, node.db.call(list_set_aside)) == ([], [])
    return len(found)


def _gateway_answers() -> list[tuple[list[bytes], int]]:
    """What an HTTP gateway says, and how often it is asked because of it."""
    once: list[bytes] = []
    for value in JSON:
        once += [
            http_answer(201, f'{{"sid": {value}, "num_segments": "1"}}'),
            http_answer(201, f'{{"sid": "n{len(once)}", "num_segments": {value}}}'),
            http_answer(400, f'{{"message": {value}}}'),
            http_answer(400, f'{{"error": {value}}}'),
            http_answer(500, f'{{"message": {value}}}'),
            http_answer(201, value),
            http_answer(400, value),
        ]
    for line in LINES:
        once += [
            http_answer(201, '{"sid": "x"}', b"X-Other: " + line),
            http_answer(201, '{"sid": "y"}', b"Content-Type: " + line),
            http_answer(400, line),
            b"HTTP/1.1 " + line + b" X\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 " + line + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            line + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: " + line + b"\r\n\r\n{}",
        ]
    good = http_answer(201, '{"sid": "late"}')
    again = [
        [http_answer(status, "{}", b"Retry-After: " + line), good]
        for line in (
            b"a\xed\xa0\x80b",
            DIGITS.encode(),
            DATE.encode(),
            DEEP[:8_000].encode(),
            b"-1",
        )
        for status in (429, 503)
    ]
    return [([piece], 1) for piece in once] + [(piece, 2) for piece in again]


@pytest.mark.proof
def test_what_an_http_gateway_answers_costs_only_its_own_parcel(
    node: LocalNode, login: Principal
) -> None:
    said = _gateway_answers()
    gateway = HttpCounterpart(lambda _, form: form["To"].lstrip("+"))
    expected: dict[str, int] = {}
    for place, (answers, times) in enumerate(said):
        bad, good = number_of(2 * place), number_of(2 * place + 1)
        gateway.answers |= {bad: answers, good: [http_answer(201, f'{{"sid": "g{place}"}}')]}
        expected |= {bad: times, good: 1}
    job_id = post(node.db, login, new_job(), [f"+{number}" for number in expected])

    async def scenario() -> None:
        async with listening(gateway.serve) as port:
            settings = HttpSmsSettings(
                url=f"http://127.0.0.1:{port}/messages", webhook_secret="secret", timeout_s=20
            )
            carrier = HttpSmsCarrier(settings, node.clock, "https://turnout.test")

            async def work() -> None:
                await settle(node, job_id)
                node.clock.advance(2 * 3600)
                await settle(node, job_id)

            await deliver(node, carrier, work)

    run(scenario())
    people = check(node, job_id, dict(gateway.copies), expected)
    states = {row[1] for row in rows(node.db, job_id, "destination", "state") if _is_good(row[0])}
    assert states == {"accepted"}
    proof.report("rubbish of a gateway", backend=node.db.backend, parcels=people)


def _is_good(destination: str) -> bool:
    return int(destination[-1]) % 2 == 1


def _smsc_answers() -> list[tuple[int, bytes]]:
    ids = [line.replace(b"\0", b"\x01") for line in LINES]
    return [
        *((0, id_[:length] + end) for id_ in ids for length in (64, 9_000) for end in (b"\0", b"")),
        *((status, b"") for status in (0xFFFFFFFF, 0x0B, 0x45, 0x66, 0x400, 0)),
        (0, b"\0" * 60_000),
        (0, bytes(range(256)) * 200),
    ]


def _receipts(ids: list[bytes]) -> list[bytes]:
    """Receipts and replies with rubbish in every member."""
    texts = [
        b"id:%b sub:001 dlvrd:001 submit date:%b done date:%b stat:%b err:%b text:%b"
        % (ids[place % len(ids)], line, line, line, line, line)
        for place, line in enumerate(LINES)
    ]
    tlvs: list[dict[int, bytes]] = [
        {tag: line[:60_000]}
        for line in (*LINES, b"\xff" * 4, b"\xff" * 60_000)
        for tag in (
            pdu.TLV_RECEIPTED_MESSAGE_ID,
            pdu.TLV_MESSAGE_STATE,
            pdu.TLV_NETWORK_ERROR,
            pdu.TLV_MESSAGE_PAYLOAD,
            pdu.TLV_SAR_REF,
        )
    ]
    sar = {pdu.TLV_SAR_REF: b"\0\1", pdu.TLV_SAR_TOTAL: b"\xff" * 4, pdu.TLV_SAR_NUMBER: b"\1"}
    people = pdu.Address(1, 1, "61400000001"), pdu.Address(1, 1, "61400000100")
    odd = pdu.Address(255, 255, "\x01\x7f\xff" * 6), pdu.Address(255, 255, "\xff" * 20)
    messages = [
        *((people, 4, coding, text[:254], {}) for text in texts for coding in (0, 3, 8, 255)),
        *((people, esm, 0, b"", tlv) for tlv in tlvs for esm in (0, 4)),
        *((people, 0, coding, line[:254], {}) for line in LINES for coding in (0, 8, 0xF5)),
        (people, 0, 8, b"\xd8\x00" * 100, {}),
        (people, 0, 0, b"Hi", sar),
        (people, 0x40, 0, b"\xff" * 100, {}),
        (people, 0x40, 0, b"\x05\x00\x03\x01\xff\xffHi", {}),
        (odd, 0, 0, b"Hi", {}),
        (odd, 4, 0, b"id:1 stat:DELIVRD", {}),
    ]
    bodies = [
        pdu.encode_sms(
            pdu.Sms(
                source=source,
                destination=destination,
                esm_class=esm,
                data_coding=coding,
                content=content,
                tlvs=tlv,
            )
        )
        for (source, destination), esm, coding, content, tlv in messages
    ]
    return [*bodies, b"", b"\0" * 5, b"\xff" * 60_000]


@pytest.mark.proof
def test_what_an_smsc_says_costs_only_its_own_parcel(node: LocalNode, login: Principal) -> None:
    smsc = Smsc()
    for place, said in enumerate(_smsc_answers()):
        smsc.answers |= {
            number_of(2 * place): said,
            number_of(2 * place + 1): (0, b"good-%d\0" % place),
        }
    job_id = post(node.db, login, new_job(), [f"+{number}" for number in smsc.answers])
    bodies = _receipts([b"good-%d" % place for place in range(10)])

    async def scenario() -> None:
        async with listening(smsc.serve) as port:
            settings = SmppSettings(host="127.0.0.1", port=port, system_id="turnout", password="x")
            carrier = SmppCarrier(settings, node.clock)

            async def work() -> None:
                await settle(node, job_id)
                smsc.tell(bodies)
                async with asyncio.timeout(PATIENCE_S):
                    await smsc.has_been_told.wait()

            await deliver(node, carrier, work)

    run(scenario())
    people = check(node, job_id, dict(smsc.copies), dict.fromkeys(smsc.answers, 1))
    assert len(smsc.told) == len(bodies)
    proof.report("rubbish of an smsc", backend=node.db.backend, parcels=people, told=len(bodies))


@pytest.mark.proof
def test_what_a_relay_answers_costs_only_its_own_mail(node: LocalNode, login: Principal) -> None:
    relay = Relay()
    expected: dict[str, int] = {}
    for place, line in enumerate(LINES):
        plain = line.replace(b"\n", b" ")
        relay.to_rcpt[f"refused{place}@example.com"] = b"550 " + plain
        relay.to_dot[f"taken{place}@example.com"] = b"250 queued as " + plain
        relay.to_dot[f"bounced{place}@example.com"] = b"554 5.1.1 " + plain
        relay.to_dot[f"odd{place}@example.com"] = plain[:300] or b"?"
        relay.to_dot[f"many{place}@example.com"] = b"250-" + plain + b"\r\n250 " + plain
        relay.to_dot[f"good{place}@example.com"] = b"250 taken"
        expected |= {
            f"{kind}{place}@example.com": 1 for kind in ("taken", "bounced", "odd", "many", "good")
        }
    destinations = [*expected, *relay.to_rcpt]
    job_id = post(node.db, login, new_job(JobType.EMAIL), destinations)

    async def scenario() -> None:
        async with listening(relay.serve) as port:
            settings = SmtpSettings(host="127.0.0.1", port=port, tls="off")
            carrier = SmtpCarrier(settings, clock=node.clock)
            await deliver(node, carrier, lambda: settle(node, job_id))

    run(scenario())
    people = check(node, job_id, dict(relay.copies), expected)
    good = [row for row in rows(node.db, job_id, "destination", "status") if "good" in row[0]]
    assert {status for _, status in good} == {"SENT"}
    proof.report("rubbish of a relay", backend=node.db.backend, parcels=people)


BOUNCE = b"""From: %(from)b
Subject: %(subject)b
Content-Type: %(type)b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; %(mta)b
Arrival-Date: %(date)b

Final-Recipient: rfc822; %(recipient)b
Action: failed
Status: %(status)b
Diagnostic-Code: smtp; %(diagnostic)b

--b--
.
""".replace(b"\n", b"\r\n")
REPORT = b'multipart/report; report-type=delivery-status; boundary="b"'
FIELDS = {
    b"from": b"a@example.com",
    b"subject": b"Returned",
    b"type": REPORT,
    b"mta": b"x.test",
    b"date": b"Mon, 24 Nov 2025 16:00:00 +0000",
    b"recipient": b"b@example.com",
    b"status": b"5.1.1",
    b"diagnostic": b"550 nobody",
}


@pytest.mark.proof
def test_what_a_bounce_says_costs_only_its_own_mail(node: LocalNode, login: Principal) -> None:
    bounces = [BOUNCE % (FIELDS | {name: line}) for name in FIELDS for line in LINES]
    bounces += [b"\0" * 10_000 + b"\r\n.\r\n", DEEP.encode() + b"\r\n.\r\n"]
    bounces += [BOUNCE % (FIELDS | {b"type": REPORT + b"; a=" + line}) for line in LINES]
    people = [f"guest{number}@example.com" for number in range(2 * len(bounces))]
    job_id = post(node.db, login, new_job(JobType.EMAIL), people)
    relay, answers = Relay(), list[bytes]()

    async def scenario() -> None:
        async with listening(relay.serve) as port:
            settings = SmtpSettings(
                host="127.0.0.1",
                port=port,
                tls="off",
                return_path_domain="bounces.test",
                return_path_secret="a secret of bounces",
                listen_host="127.0.0.1",
                listen_port=0,
            )
            carrier = SmtpCarrier(settings, clock=node.clock)
            paths = ReturnPaths("bounces.test", "a secret of bounces")

            async def work() -> None:
                await settle(node, job_id)
                ids = [id_ for (id_,) in rows(node.db, job_id, "id")]
                for id_, bounce in zip(ids[::2], bounces, strict=True):
                    answers.append(await _mail(carrier, paths.address(id_), bounce))

            await deliver(node, carrier, work)

    run(scenario())
    assert dict(relay.copies) == dict.fromkeys(people, 1)
    assert {answer[:3] for answer in answers} == {b"250"}
    statuses = [status for (status,) in rows(node.db, job_id, "status")]
    assert set(statuses[1::2]) == {"SENT"}
    assert set(statuses[::2]) == {"BOUN", "SENT"}
    assert statuses[::2].count("BOUN") > len(bounces) // 2
    proof.report("rubbish of bounces", backend=node.db.backend, bounces=len(bounces))


async def _mail(carrier: SmtpCarrier, to: str, mail: bytes) -> bytes:
    """Hand a mail to the bounce listener; its answer to the final dot."""
    reader, writer = await asyncio.open_connection("127.0.0.1", carrier.listen_port)
    said = b""
    for line in (b"", b"HELO x", b"MAIL FROM:<>", b"RCPT TO:<%b>" % to.encode(), b"DATA", mail):
        if line:
            writer.write(line if line is mail else line + b"\r\n")
        said = await asyncio.wait_for(reader.readline(), PATIENCE_S)
    writer.close()
    return said


@pytest.mark.proof
def test_what_a_server_of_files_says_costs_only_its_own_job(
    node: LocalNode, login: Principal
) -> None:
    said = [answer for answers, _ in _gateway_answers() for answer in answers[:1]]
    said += [http_answer(200, b"a file", b"Content-Type: " + line) for line in LINES]
    said += [http_answer(200, b"a file", b"Content-Encoding: " + line) for line in LINES]
    kept: list[JobId] = []
    refused: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(said[int(head.split(b" ")[1][1:])])
        await writer.drain()

    async def scenario() -> None:
        outbound = Outbound("127.0.0.1/32")
        intake = FileIntake(node.db, outbound)
        async with listening(serve) as port:
            for number in range(len(said)):
                url = f"http://127.0.0.1:{port}/{number}"
                file = GivenFile("attachments.0", "a.bin", UNKNOWN_TYPE, b"", url)
                given = GivenFiles("attachments", (file,))
                try:
                    new = await intake.attach(login.org_id, new_job(JobType.EMAIL), given)
                except Invalid as refusal:
                    refused.append(refusal.message)
                    continue
                people = [NewRecipient("jo@example.com")]
                kept.append(await node.db.write(accept_job, login, new, people, POLICY))
        await outbound.close()

    run(scenario())
    assert len(kept) + len(refused) == len(said)
    assert len(kept) >= len(LINES)
    assert all(map(is_storable, refused))
    types = {
        file.content_type
        for job_id in kept
        for file in node.db.call(get_job_head, login.org_id, job_id).content.files
    }
    assert types == {UNKNOWN_TYPE}
    proof.report("rubbish of files", backend=node.db.backend, fetched=len(said), kept=len(kept))


@pytest.mark.proof
def test_what_a_receiver_answers_costs_only_its_own_callback(
    node: LocalNode, login: Principal
) -> None:
    receiver = HttpCounterpart(lambda path, _: path)
    said = [answer for answers, _ in _gateway_answers() for answer in answers[:1]]
    for place, answer in enumerate(said):
        receiver.answers[f"/bad/{place}"] = [answer]
        receiver.answers[f"/good/{place}"] = [http_answer(200)]

    def calls() -> list[Any]:
        return node.db.call(
            list_callbacks, login.org_id, job_id=None, state=None, limit=2 * len(said)
        )

    def is_over() -> bool:
        return all(call.attempts == 1 and call.state != "claimed" for call in calls())

    async def scenario() -> None:
        async with listening(receiver.serve) as port:
            new = [
                NewCallback(
                    JobId(1), RecipientId(1), f"http://127.0.0.1:{port}{path}", "a=1", "net"
                )
                for path in receiver.answers
            ]
            node.db.call(add_callbacks, login.org_id, new)
            outbound = Outbound("127.0.0.1/32")
            loops = callback_loops(node.db, outbound)
            for loop in loops:
                loop.start()
            try:
                await until(is_over)
            finally:
                for loop in loops:
                    await loop.stop()
                await outbound.close()

    run(scenario())
    assert dict(receiver.copies) == dict.fromkeys(receiver.answers, 1)
    ends = {(call.state, call.last_status) for call in calls() if "/good/" in call.url}
    assert ends == {("delivered", 200)}
    for call in calls():
        [attempt] = node.db.call(list_attempts, login.org_id, call.id)
        assert (attempt.status is None) == bool(attempt.error)
    proof.report("rubbish of a receiver", backend=node.db.backend, calls=len(receiver.answers))
