"""Jobs on the simulated network, from the handing over to what follows from its answers."""

import asyncio
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from tests.core.messaging.jobs import POLICY, PRICES, make_login, new_job, post, rows
from tests.support.builder import make_organization
from tests.support.node import BACKENDS, LocalNode, database, open_node
from turnout.carriers.simulator import SimulatorCarrier, SimulatorSettings
from turnout.carriers.simulator.outbox import list_messages
from turnout.core.callbacks.outbox import list_callbacks
from turnout.core.ids import JobId
from turnout.core.messaging.delivering import SIMULATED
from turnout.core.messaging.model import Channel, Content, JobOptions, JobType, NewJob
from turnout.core.messaging.opt_outs import list_opt_outs
from turnout.core.messaging.reading_replies import ReplyFilter, list_replies, list_strays
from turnout.core.messaging.replies import receive_replies
from turnout.core.messaging.sender_ids import SenderRules
from turnout.core.messaging.suppression import list_suppressions
from turnout.workers.delivery import Delivery, delivery_loops
from turnout.workers.inbox import CarrierInbox

POOL = POLICY.reply_numbers[0]
HOOK = "https://example.com/hook"
DELAY_S = 0.05
UNSENT = "recipients WHERE state NOT IN ('accepted', 'done') AND 0 <"
UNSAID = "simulated_messages WHERE due_at <="


@pytest.fixture(params=BACKENDS)
def node(request, tmp_path) -> Iterator[LocalNode]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with (
        database(request.param, tmp_path, cluster) as url,
        open_node(url, database_threads=2) as node,
    ):
        yield node


@pytest.fixture
def login(node):
    org_id = node.db.call(make_organization, "simulated", "x")
    return node.db.call(make_login, org_id, "au/simulated", receive_reports=False)


def deliver(node, login, new: NewJob, *to: str) -> JobId:
    """A job that the network took, reported and answered."""
    job_id = post(node.db, login, new, to)

    async def main() -> None:
        carrier = SimulatorCarrier(SimulatorSettings(delay_s=DELAY_S), node.db)
        delivery = Delivery(
            carriers=dict.fromkeys(Channel, carrier),
            prices=PRICES,
            unsubscribe_url=lambda number: f"https://turnout.test/u/{number}",
            senders=SenderRules("no-reply@turnout.test"),
            fence=SIMULATED,
        )
        loops = delivery_loops(node.db, delivery)
        await carrier.start(CarrierInbox(node.db, receive_replies))
        for loop in loops:
            loop.start()
        async with asyncio.timeout(30):
            while _count(node, UNSENT):  # noqa: ASYNC110 - the database is looked at
                await asyncio.sleep(0.01)
            node.clock.advance(DELAY_S)
            while _count(node, UNSAID):  # noqa: ASYNC110 - the database is looked at
                await asyncio.sleep(0.01)
        await asyncio.gather(*(loop.stop() for loop in loops))
        await carrier.stop()

    asyncio.run(main())
    return job_id


def _count(node, what: str) -> int:
    ((found,),) = node.db.call(
        lambda tx: tx.connection.execute(f"SELECT count(*) FROM {what} {tx.now}").fetchall()
    )
    return found


def replies(node, login) -> list[tuple[JobId | None, str, str]]:
    found = node.db.call(list_replies, login.org_id, ReplyFilter(), limit=10)
    return [(line.job_id, line.number, line.text) for line in found]


def opted_out(node, login) -> list[tuple[str, JobId | None]]:
    return [(one.address, one.job_id) for one in node.db.call(list_opt_outs, login.org_id, 10)]


@pytest.mark.parametrize("sender", ["ACME", "61491570110", ""])
def test_a_text_with_another_sender_is_answered_to_its_reply_number(node, login, sender):
    new = new_job(
        JobType.TWO_WAY_SMS,
        content=Content(text="%%ReplyNum%%"),
        options=JobOptions(has_custom_sender=bool(sender), callback_url=HOOK),
        sender=sender,
    )
    job_id = deliver(node, login, new, "+491707770055")
    (shown,) = node.db.call(list_messages, login.org_id)
    assert (shown.sender, shown.text) == (sender or POOL, POOL)
    assert replies(node, login) == [(job_id, POOL, "Thanks, I will be there.")]
    assert node.db.call(list_strays, limit=10) == []
    told = node.db.call(list_callbacks, login.org_id, job_id=job_id, state=None, limit=10)
    said = [parse_qs(callback.body) for callback in told]
    assert [(one["Destination"], one["Response"]) for one in said] == [
        (["491707770055"], ["Thanks, I will be there."])
    ]


@pytest.mark.parametrize(
    ("job_type", "sender"),
    [(JobType.SMS, ""), (JobType.SMS, "ACME"), (JobType.TWO_WAY_SMS, ""), (JobType.MMS, "")],
)
def test_stop_ends_a_text_with_and_without_a_sender(node, login, job_type, sender):
    job_id = deliver(node, login, new_job(job_type, sender=sender), "+491707770016")
    assert opted_out(node, login) == [("491707770016", job_id)]
    again = deliver(node, login, new_job(job_type, sender=sender), "+491707770016")
    assert rows(node.db, again, "status") == [("OPTO",)]
    # The notice that it is done was sent by now, and is not answered.
    shown = node.db.call(list_messages, login.org_id)
    assert [message.job_id for message in shown][1:] == [job_id]
    number = POOL if job_type.takes_replies else sender
    assert replies(node, login) == [(job_id, number, "STOP")]


def test_another_answer_to_a_text_without_a_sender_is_a_stray(node, login):
    deliver(node, login, new_job(), "+491707770055")
    (stray,) = node.db.call(list_strays, limit=10)
    assert (stray.sender, stray.number) == ("491707770055", "")
    assert replies(node, login) == []


def test_bounces_for_good_are_suppressed(node, login):
    new = new_job(JobType.EMAIL, content=Content(subject="News", text="Hi"))
    to = ("dsn1@l.example", "bounce1@l.example", "jo@l.example")
    job_id = deliver(node, login, new, *to)
    assert sorted(rows(node.db, job_id, "status")) == [("BOUN",), ("BOUN",), ("SENT",)]
    kept = node.db.call(list_suppressions, login.org_id, 10)
    no_mailbox = "550 5.1.1 The simulated mailbox does not exist."
    assert sorted((entry.address, entry.notes, entry.job_id) for entry in kept) == [
        ("bounce1@l.example", no_mailbox, job_id),
        ("dsn1@l.example", f"Simulated. {no_mailbox}", job_id),
    ]
    again = deliver(node, login, new, *to)
    assert sorted(rows(node.db, again, "status")) == [("BOUN",), ("BOUN",), ("SENT",)]
    shown = node.db.call(list_messages, login.org_id, job_id=again)
    assert [message.destination for message in shown] == ["jo@l.example"]
