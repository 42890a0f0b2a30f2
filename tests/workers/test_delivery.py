"""The loops that hand messages to carriers: what they send, hold back, record and survive."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from tests.core.messaging.jobs import NUMBERS, POLICY, PRICES, job, make_login, new_job, post, rows
from tests.support.builder import make_organization
from turnout.carriers import (
    Accepted,
    Message,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    Retry,
    Unknown,
)
from turnout.core.ids import JobId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.delivering import SIMULATED
from turnout.core.messaging.files import cut, digest_of, finish_file, store_piece
from turnout.core.messaging.model import (
    Channel,
    Content,
    JobFile,
    JobOptions,
    JobType,
    NewRecipient,
    Status,
)
from turnout.core.messaging.sender_ids import SenderRules
from turnout.workers.delivery import Delivery, delivery_loops

SENT = Accepted((), 1, is_final=True)
ORGS = iter(range(1, 10_000))


class Net:
    """A carrier that keeps what it gets, and answers as `answer` says."""

    name = "net"
    channels = frozenset(Channel)

    def __init__(self, answer: Callable[[Parcel], Outcome] = lambda _: SENT) -> None:
        self.answer = answer
        self.got: list[tuple[Message, Parcel]] = []
        self.calls: list[int] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.asked = asyncio.Event()
        self.most_at_once = self.at_once = 0

    async def start(self, _inbox: Any) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def send(self, message: Message, parcels: Sequence[Parcel]) -> list[Outcome]:
        self.calls.append(len(parcels))
        self.got += [(message, parcel) for parcel in parcels]
        self.at_once += len(parcels)
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.asked.set()
        await self.may_answer.wait()
        self.at_once -= len(parcels)
        return [self.answer(parcel) for parcel in parcels]


@pytest.fixture
def login(node):
    org_id = node.db.call(make_organization, f"delivery-{next(ORGS)}", "x")
    return node.db.call(
        make_login, org_id, f"au/delivery{next(ORGS)}-{node.db.backend}", receive_reports=False
    )


@pytest.fixture(autouse=True)
def no_other_jobs(node):
    node.execute("UPDATE jobs SET ready_at = NULL, due_at = NULL")


def deliver(node, net: Net, until: Callable[[], object], **settings: Any) -> None:
    """Run the loops until it is so."""

    async def main() -> None:
        delivery = Delivery(
            carriers=dict.fromkeys(Channel, net),
            prices=PRICES,
            unsubscribe_url=lambda number: f"https://turnout.test/u/{number}",
            senders=SenderRules("no-reply@turnout.test"),
            fence=SIMULATED,
            **settings,
        )
        await run(node, delivery, _wait(until))

    asyncio.run(main())


async def _wait(until: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not until():  # noqa: ASYNC110 - the database is looked at
            await asyncio.sleep(0.01)


async def run(node, delivery: Delivery, work: Awaitable[None]) -> None:
    loops = delivery_loops(node.db, delivery)
    for loop in loops:
        loop.start()
    try:
        await work
    finally:
        await asyncio.gather(*(loop.stop() for loop in loops))


def is_complete(node, job_id: JobId) -> Callable[[], bool]:
    return lambda: job(node.db, job_id, "state") == ("complete",)


def test_a_message_is_merged_from_what_is_known(node, login):
    net = Net()
    job_id = post(node.db, login, new_job(sender="Acme"), NUMBERS[:2])
    deliver(node, net, is_complete(node, job_id))
    assert [(message.id, message.text) for message, _ in net.got] == [
        (job_id, "Hello %%recipient%%"),
    ] * 2
    first = net.got[0][1]
    assert (first.destination, first.sender, first.unsubscribe_url) == (
        *(NUMBERS[0].lstrip("+"), "Acme", ""),
    )
    assert first.fields == {"reference": "ref 0", "recipient": ""}
    assert (
        rows(node.db, job_id, "status", "carrier", "cost_micros") == [("SENT", "net", 80_000)] * 2
    )


def test_mails_have_a_sender_and_a_way_out(node, login):
    net = Net()
    job_id = post(node.db, login, new_job(JobType.EMAIL), ["jo@example.com"])
    deliver(node, net, is_complete(node, job_id))
    [(_, parcel)] = net.got
    [(number,)] = rows(node.db, job_id, "id")
    assert parcel.sender == "no-reply@turnout.test"
    assert parcel.unsubscribe_url == f"https://turnout.test/u/{number}"


def test_replies_are_asked_for_at_our_number_and_texts_are_cleaned(node, login):
    net = Net()
    new = new_job(
        JobType.TWO_WAY_SMS,
        content=Content(text="%%replynum%%"),
        options=JobOptions(is_ascii_only=True),
    )
    job_id = post(node.db, login, new, NUMBERS[:1])
    node.execute(f"UPDATE recipients SET name = 'Zoë' WHERE job_id = {job_id}")
    deliver(node, net, is_complete(node, job_id))
    [(_, parcel)] = net.got
    assert parcel.fields == {"reference": "ref 0", "recipient": "Zo", "replynum": "61400000100"}


def test_files_go_with_the_message(node, login):
    content = b"x" * 300_000
    digest = digest_of(content)

    def store(tx):
        for number, piece in cut(content):
            store_piece(tx, login.org_id, digest, number, piece)
        finish_file(tx, login.org_id, digest, len(content))

    node.db.call(store)
    file = JobFile("plan.pdf", "application/pdf", digest, len(content))
    net = Net()
    new = new_job(JobType.FAX, content=Content(files=(file,)))
    job_id = post(node.db, login, new, ["+61298765432"])
    deliver(node, net, is_complete(node, job_id))
    [(message, _)] = net.got
    assert [
        (attachment.name, attachment.content_type, attachment.content)
        for attachment in message.attachments
    ] == [("plan.pdf", "application/pdf", content)]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_files_that_cannot_be_read_for_seconds_put_no_message_off(node, login, url):
    content = b"x"
    digest = digest_of(content)
    node.db.call(lambda tx: store_piece(tx, login.org_id, digest, 0, content))
    node.db.call(finish_file, login.org_id, digest, len(content))
    file = JobFile("plan.pdf", "application/pdf", digest, len(content))
    new = new_job(JobType.FAX, content=Content(files=(file,)))
    job_id = post(node.db, login, new, ["+61298765432"])
    net = Net()
    tries: set[object] = set()
    has_ended = is_complete(node, job_id)
    with psycopg.connect(url) as other, psycopg.connect(url, autocommit=True) as watch:
        other.execute("LOCK TABLE file_pieces IN ACCESS EXCLUSIVE MODE")

        def is_done() -> object:
            waiting = "SELECT query_start FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            tries.update(watch.execute(waiting).fetchall())
            if len(tries) == 2:
                other.rollback()
            return len(tries) >= 2 and has_ended()

        deliver(node, net, is_done)
    assert [attachment.content for attachment in net.got[0][0].attachments] == [content]
    assert len(net.got) == 1


def test_numbers_that_nobody_can_have_are_not_sent_to(node, login):
    net = Net()
    job_id = post(node.db, login, new_job(), ["nonsense", "61", NUMBERS[0]])
    deliver(node, net, is_complete(node, job_id))
    assert len(net.got) == 1
    assert rows(node.db, job_id, "status", "notes") == [
        ("INVN", "'nonsense' cannot be reached."),
        ("INVN", "'61' cannot be reached."),
        ("SENT", ""),
    ]


def test_an_empty_message_or_number_is_not_sent(node, login):
    net = Net()
    people = [
        NewRecipient(NUMBERS[0]),
        NewRecipient(NUMBERS[1], fields={"nope": "Hi"}),
        NewRecipient(""),
    ]
    new = new_job(content=Content(text="%%nope%%"))
    job_id = node.db.call(accept_job, login, new, people, POLICY)
    deliver(node, net, is_complete(node, job_id))
    assert [parcel.destination for _, parcel in net.got] == [NUMBERS[1].lstrip("+")]
    assert rows(node.db, job_id, "status", "notes", "cost_micros > 0") == [
        ("FAIL", "Not sent: the message is empty with this recipient's fields.", 0),
        ("SENT", "", 1),
        ("INVN", "No number is known.", 0),
    ]


def test_a_call_of_which_its_voice_could_read_nothing_is_not_made(node, login):
    net = Net()
    people = [
        NewRecipient(number, fields={"text": text})
        for number, text in zip(
            NUMBERS, ("\u041f\u0440\u0438\u0432\u0435\u0442!", "Hi"), strict=False
        )
    ]
    new = new_job(JobType.TTS, content=Content(text="%%text%%", voice="sophie"))
    job_id = node.db.call(accept_job, login, new, people, POLICY)
    deliver(node, net, is_complete(node, job_id))
    assert len(net.got) == 1
    said = (
        "Not called: with this recipient's fields the message is in Russian (\u041f), which its "
        "voice does not read."
    )
    assert rows(node.db, job_id, "status", "notes") == [("FAIL", said), ("SENT", "")]
    net = Net()
    job_id = node.db.call(accept_job, login, new, people, POLICY)
    reads = {"sophie": frozenset({"LATIN", "CYRILLIC"})}
    deliver(node, net, is_complete(node, job_id), scripts=reads)
    assert len(net.got) == 2


def test_outcomes_are_recorded(node, login):
    answers: dict[str, Outcome] = {
        NUMBERS[0].lstrip("+"): SENT,
        NUMBERS[1].lstrip("+"): Rejected(Status.BLOCKED, "no"),
        NUMBERS[2].lstrip("+"): Unknown("it broke"),
        NUMBERS[3].lstrip("+"): Retry(60, "later"),
        NUMBERS[4].lstrip("+"): Misconfigured("wrong password"),
    }
    net = Net(lambda parcel: answers[parcel.destination])
    job_id = post(node.db, login, new_job(), NUMBERS[:5])
    deliver(node, net, lambda: job(node.db, job_id, "open") == (2,))
    assert rows(node.db, job_id, "state", "status", "attempts", "notes") == [
        ("done", "SENT", 1, ""),
        ("done", "BARR", 1, "no"),
        ("done", "SVRE", 1, "May have been delivered, and is not sent again: it broke."),
        ("waiting", "QUED", 1, "later"),
        ("waiting", "QUED", 0, "wrong password"),
    ]


def test_a_slow_network_is_given_no_more_than_it_may_hold(node, login):
    net = Net()
    job_id = post(node.db, login, new_job(), NUMBERS[:400])

    async def main() -> None:
        net.may_answer.clear()
        delivery = Delivery(
            carriers=dict.fromkeys(Channel, net),
            prices=PRICES,
            unsubscribe_url=str,
            senders=SenderRules("x@example.com"),
            most_in_flight=100,
        )

        async def work() -> None:
            await net.asked.wait()
            await asyncio.sleep(0.1)
            assert net.most_at_once <= 250
            net.may_answer.set()
            await _wait(is_complete(node, job_id))

        await run(node, delivery, work())

    asyncio.run(main())
    assert len(net.got) == 400
    assert job(node.db, job_id, "sent") == (400,)


def test_what_a_carrier_raises_is_unknown_and_never_sent_again(node, login):
    def answer(parcel: Parcel) -> Outcome:
        raise RecursionError("a fault of the carrier")

    net = Net(answer)
    job_id = post(node.db, login, new_job(), NUMBERS[:3])
    deliver(node, net, is_complete(node, job_id))
    notes = "May have been delivered, and is not sent again: the carrier failed: RecursionError."
    assert rows(node.db, job_id, "status", "notes", "attempts") == [("SVRE", notes, 1)] * 3
    assert len(net.got) == 3


class Forgetful(Net):
    """A carrier that answers all but the last."""

    async def send(self, message: Message, parcels: Sequence[Parcel]) -> list[Outcome]:
        return (await super().send(message, parcels))[:-1]


def test_a_parcel_without_an_answer_is_unknown(node, login):
    job_id = post(node.db, login, new_job(), NUMBERS[:2])
    deliver(node, Forgetful(), is_complete(node, job_id))
    assert rows(node.db, job_id, "status") == [("SENT",), ("SVRE",)]


def test_a_recipient_who_cannot_be_read_costs_the_others_nothing(node, login):
    net = Net()
    job_id = post(node.db, login, new_job(), NUMBERS[:3])
    [_, bad, _] = (id_ for (id_,) in rows(node.db, job_id, "id"))
    node.execute(f"UPDATE recipients SET fields = '{{' WHERE id = {bad}")
    deliver(node, net, lambda: len(net.got) == 2 and noted(node, job_id))
    reason = "Not sent: DecodeError; the log says more."
    assert rows(node.db, job_id, "state", "notes") == [
        ("done", ""),
        ("waiting", reason),
        ("done", ""),
    ]


def noted(node, job_id: JobId) -> bool:
    return [notes for (notes,) in rows(node.db, job_id, "notes") if notes] != []


def test_stopping_records_what_is_under_way(node, login):
    net = Net()
    job_id = post(node.db, login, new_job(), NUMBERS[:3])

    async def main() -> None:
        net.may_answer.clear()
        delivery = Delivery(
            carriers=dict.fromkeys(Channel, net),
            prices=PRICES,
            unsubscribe_url=str,
            senders=SenderRules("x@example.com"),
        )

        async def work() -> None:
            await net.asked.wait()
            asyncio.get_running_loop().call_later(0.05, net.may_answer.set)

        await run(node, delivery, work())

    asyncio.run(main())
    assert job(node.db, job_id, "state", "sent") == ("complete", 3)


def too_long(name: str, length: int, limit: int) -> str:
    return (
        f"Not sent: the {name} would have {length} characters with this recipient's fields, and "
        f"may not be greater than {limit} characters."
    )


def test_a_text_that_would_be_too_long_fails_its_recipient_alone(node, login):
    """As a list may have them, or a job from before there was a limit."""
    net = Net()
    new = new_job(content=Content(text="%%recipient%%" * 2_000))
    job_id = post(node.db, login, new, NUMBERS[:3])
    node.execute(f"UPDATE recipients SET name = 'Adaaa' WHERE job_id = {job_id}")
    node.execute(
        f"UPDATE recipients SET name = 'Adaaaa' "
        f"WHERE job_id = {job_id} AND destination = '{NUMBERS[1]}'"
    )
    deliver(node, net, is_complete(node, job_id))
    assert [parcel.destination for _, parcel in net.got] == [
        NUMBERS[0].lstrip("+"),
        NUMBERS[2].lstrip("+"),
    ]
    assert rows(node.db, job_id, "status", "notes", "cost_micros") == [
        ("SENT", "", 80_000),
        ("FAIL", too_long("message", 12_000, 10_000), 0),
        ("SENT", "", 80_000),
    ]


def test_a_stored_job_that_would_take_gigabytes_is_ended(node, login):
    net = Net()
    new = new_job(JobType.EMAIL, content=Content(text="%%recipient%%" * 50_000))
    job_id = post(node.db, login, new, [f"a{n}@example.com" for n in range(50)])
    node.execute(f"UPDATE recipients SET name = '{'x' * 10_000}' WHERE job_id = {job_id}")
    deliver(node, net, is_complete(node, job_id))
    assert net.got == []
    notes = too_long("text_message", 500_000_000, 2_000_000)
    assert rows(node.db, job_id, "status", "notes") == [("FAIL", notes)] * 50


def test_long_messages_are_handed_over_in_small_portions(node, login):
    net = Net()
    new = new_job(JobType.EMAIL, content=Content(text="%%recipient%%" * 100))
    job_id = post(node.db, login, new, [f"a{n}@example.com" for n in range(12)])
    node.execute(f"UPDATE recipients SET name = '{'x' * 9_000}' WHERE job_id = {job_id}")
    deliver(node, net, is_complete(node, job_id))
    assert net.calls == [2, 2, 2, 2, 2, 2]
    assert {parcel.size for _, parcel in net.got} == {900_000}
    assert rows(node.db, job_id, "status") == [("SENT",)] * 12


def test_a_loop_whose_database_is_gone_ends_with_a_line(node, login):
    """What it has sent is done again once its lease has run out."""
    net = Net()
    net.may_answer.clear()
    post(node.db, login, new_job(sender="Acme"), NUMBERS[:2])

    async def scenario() -> None:
        await net.asked.wait()
        await asyncio.to_thread(node.db.close)
        net.may_answer.set()

    delivery = Delivery(
        carriers=dict.fromkeys(Channel, net),
        prices=PRICES,
        unsubscribe_url=str,
        senders=SenderRules("no-reply@turnout.test"),
    )
    with capture_logs() as logs:
        asyncio.run(run(node, delivery, scenario()))
    told = [log for log in logs if log["event"].startswith("stopped with")]
    assert [(line["worker"], line["code"]) for line in told] == [
        ("messaging-sms-record", "store.stopping")
    ]


def test_what_pieces_have_told_is_recorded_together(node, login, monkeypatch):
    """Not in a transaction for each piece, though they end one after another."""
    monkeypatch.setattr("turnout.workers.recorder.RECORD_S", 5.0)  # the machine may be busy
    recorded: list[str] = []
    write_behind = node.db.write_behind

    class Telling(Net):
        async def send(self, message: Message, parcels: Sequence[Parcel]) -> list[Outcome]:
            self.calls.append(len(parcels))
            for _ in range(200 * len(self.calls)):
                await asyncio.sleep(0)
            return [parcel.answered(SENT) for parcel in parcels]

    async def count(verb: Any, *args: Any, **kwargs: Any) -> Any:
        recorded.extend([verb.__name__] if verb.__name__ == "record" else [])
        return await write_behind(verb, *args, **kwargs)

    node.db.write_behind = count
    net = Telling()
    numbers = [f"+61412{number:06}" for number in range(1_000)]
    job_id = post(node.db, login, new_job(sender="Acme"), numbers)
    deliver(node, net, is_complete(node, job_id))
    assert sum(net.calls) == 1_000
    assert len(recorded) < len(net.calls) / 2, len(recorded)
