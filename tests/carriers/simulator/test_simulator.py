"""The simulated network: what it says at once, later, and after it was killed."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.support.builder import make_organization
from tests.support.node import BACKENDS, LocalNode, database, open_node
from turnout.carriers import (
    Accepted,
    Attachment,
    DeliveryReport,
    Message,
    Outcome,
    Parcel,
    Rejected,
    Reply,
    Retry,
    simulator,
)
from turnout.carriers.mails.mime import MailTemplate, Postmark
from turnout.carriers.simulator import SimulatorCarrier, SimulatorSettings
from turnout.carriers.simulator import carrier as module
from turnout.carriers.simulator.fates import fate_of, say_key
from turnout.carriers.simulator.outbox import OutboxMessage, list_messages
from turnout.core.ids import OrgId, UserId
from turnout.core.messaging.model import Channel, Content, JobType, KeyResponse, Kind, Status
from turnout.core.messaging.staging import add_internal_job
from turnout.errors import Unavailable
from turnout.store.troubles import Troubles

README = Path(simulator.__file__).with_name("README.md").read_text()


class Inbox:
    """What came in. `trouble` times it is not to be had."""

    def __init__(self, trouble: int = 0) -> None:
        self.came: list[DeliveryReport | Reply] = []
        self.trouble = trouble

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        if self.trouble:
            self.trouble -= 1
            raise Unavailable("test.trouble")
        self.came += reports

    async def replies(self, replies: Sequence[Reply]) -> None:
        self.came += replies


@pytest.fixture(params=BACKENDS)
def node(request, tmp_path) -> Iterator[LocalNode]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with database(request.param, tmp_path, cluster) as url, open_node(url) as node:
        yield node


@pytest.fixture
def org_id(node) -> OrgId:
    return node.db.call(make_organization, "acme")


def new_message(
    node: LocalNode, org_id: OrgId, channel: Channel = Channel.SMS, **more: Any
) -> Message:
    """A message of a job that exists, which lists of messages look at."""
    job_id = node.db.call(
        add_internal_job,
        org_id,
        UserId(1),
        kind=Kind.NOTICE,
        job_type=JobType.SMS,
        name="test",
        content=Content(text="x"),
        recipients=[],
    )
    return Message(
        id=job_id, org_id=org_id, channel=channel, **({"text": "Hi %%recipient%%"} | more)
    )


def send(
    node: LocalNode,
    message: Message,
    *to: str,
    inbox: Inbox | None = None,
    expect: int = 0,
    settings: SimulatorSettings = SimulatorSettings(delay_s=0),  # noqa: B008 - it is frozen
    recipient: str = "Ada",
) -> list[Outcome]:
    """Send to `to`, and wait until `expect` things came in; the outcomes."""

    async def scenario() -> list[Outcome]:
        carrier = SimulatorCarrier(settings, node.db)
        box = inbox or Inbox()
        await carrier.start(box)
        parcels = [
            Parcel(
                attempt_id=n,
                destination=number,
                sender="61400000100",
                fields={"recipient": recipient},
            )
            for n, number in enumerate(to, 1)
        ]
        outcomes = await carrier.send(message, parcels) if parcels else []
        async with asyncio.timeout(10):
            while len(box.came) < expect:  # noqa: ASYNC110 - the inbox is a plain list
                await asyncio.sleep(0.005)
        await carrier.stop()
        return outcomes

    return asyncio.run(scenario())


def outbox(node: LocalNode, org_id: OrgId, **filters: Any) -> list[OutboxMessage]:
    return node.db.call(list_messages, org_id, **filters)


def test_texts_are_reported_and_answered(node, org_id):
    inbox = Inbox()
    message = new_message(node, org_id)
    to = [f"6141234000{digit}" for digit in "56790"]
    outcomes = send(node, message, *to, inbox=inbox, expect=6)
    ids = [outcome.network_ids[0] for outcome in outcomes if isinstance(outcome, Accepted)]
    assert outcomes == [
        Accepted((ids[0],)),
        Accepted((ids[1],)),
        Rejected(Status.BLOCKED, "The simulated network refuses this number."),
        Accepted((ids[2],)),
        Accepted((ids[3],)),
    ]
    reports = {
        report.network_id: report for report in inbox.came if isinstance(report, DeliveryReport)
    }
    assert [reports[id_].status for id_ in ids] == ["SENT", "SENT", "FAIL", "SENT"]
    assert {report.notes for report in reports.values()} == {"Simulated."}
    replies = [reply for reply in inbox.came if isinstance(reply, Reply)]
    assert sorted((reply.sender, reply.recipient, reply.text) for reply in replies) == [
        (to[0], "61400000100", "Thanks, I will be there."),
        (to[1], "61400000100", "STOP"),
    ]
    shown = outbox(node, org_id)
    assert [(message.destination, message.text) for message in shown] == [
        (number, "Hi Ada") for number in reversed(to)
    ]
    assert [message.destination for message in outbox(node, org_id, destination=to[2])] == [to[2]]
    assert outbox(node, org_id, channel="fax") == []
    assert outbox(node, org_id, user_id=99) == []


def test_mails_are_final_and_may_bounce_later(node, org_id):
    inbox = Inbox()
    message = new_message(
        node, org_id, Channel.EMAIL, subject="For %%recipient%%", html="<b>hi</b>"
    )
    outcomes = send(
        node, message, "a@x.test", "bounce-1@x.test", "defer@x.test", "dsn@x.test",
        inbox=inbox, expect=1,
    )  # fmt: skip
    assert [type(outcome) for outcome in outcomes] == [Accepted, Rejected, Retry, Accepted]
    assert outcomes[0] == Accepted(is_final=True)
    [report] = inbox.came
    assert isinstance(report, DeliveryReport)
    assert (report.attempt_id, report.network_id, report.status) == (4, "", "BOUN")
    no_mailbox = "550 5.1.1 The simulated mailbox does not exist."
    assert (report.notes, report.is_gone) == (f"Simulated. {no_mailbox}", True)
    assert outcomes[1] == Rejected(Status.BOUNCED, no_mailbox, is_gone=True)
    assert outbox(node, org_id)[-1].subject == "For Ada"
    assert outbox(node, org_id)[-1].facts == {
        "html": "<b>hi</b>",
        "parts": ["text/plain", "text/html"],
    }


def test_what_a_person_wrote_is_text_in_html(node, org_id):
    message = new_message(node, org_id, Channel.EMAIL, html="<b>%%recipient%%</b>")
    send(node, message, "a@x.test", recipient="Ann <&>")
    assert outbox(node, org_id)[0].facts["html"] == "<b>Ann &lt;&amp;&gt;</b>"


def test_a_mail_has_the_head_and_parts_that_a_relay_would_get(node, org_id):
    """To a letter: the same template makes both."""
    files = (Attachment("a.pdf", "application/pdf", b"y"), Attachment("map.png", "image/png", b"x"))
    message = new_message(
        node, org_id, Channel.EMAIL, subject="For %%recipient%%\r\nBcc: x", text="Hi",
        html='<img src="cid:map.png">', from_name="Jo & Co", reply_to="desk@x.test",
        attachments=files, headers={"Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    parcel = Parcel(
        attempt_id=7, destination="ann@x.test", sender="jo@x.test", name="Ann",
        fields={"recipient": "Ännchen"}, unsubscribe_url="https://x.test/u/1",
    )  # fmt: skip
    carrier = SimulatorCarrier(SimulatorSettings(delay_s=0), node.db)
    assert asyncio.run(carrier.send(message, [parcel])) == [Accepted(is_final=True)]
    [shown] = outbox(node, org_id)
    mark = Postmark("", "turnout.7", "", node.db.clock() // 1000)
    mail = MailTemplate(message).render(parcel, mark)
    boundary = re.compile("=_[0-9a-f]{32}")
    assert boundary.sub("", shown.facts["head"]) == boundary.sub("", mail.head)
    lines = shown.facts["head"].splitlines()
    assert "To: Ann <ann@x.test>" in lines
    assert "From: Jo & Co <jo@x.test>" in lines
    assert "List-Unsubscribe: <https://x.test/u/1>" in lines
    assert shown.subject == "For Ännchen Bcc: x"
    assert shown.facts["parts"] == [
        "text/plain", "text/html", "image/png map.png (shown)", "application/pdf a.pdf",
    ]  # fmt: skip


def test_what_is_no_address_is_refused_as_by_a_relays_carrier(node, org_id):
    message = new_message(node, org_id, Channel.EMAIL)
    parcel = Parcel(attempt_id=1, destination="no address", sender="jo@x.test")
    carrier = SimulatorCarrier(SimulatorSettings(delay_s=0), node.db)
    [outcome] = asyncio.run(carrier.send(message, [parcel]))
    assert isinstance(outcome, Rejected)
    assert outcome.status is Status.INVALID_NUMBER
    assert outbox(node, org_id)[0].verdict.status == "INVN"


@pytest.mark.parametrize("asked", ["Jo@X.test", "jo@x.test", " JO@x.TEST "])
def test_an_address_is_found_in_any_letter_case(node, org_id, asked):
    send(node, new_message(node, org_id, Channel.EMAIL), "Jo@x.Test", "bo@x.test")
    found = outbox(node, org_id, destination=asked)
    assert [message.destination for message in found] == ["Jo@x.Test"]


@pytest.mark.parametrize("asked", ["61412340001", "+61 412 340 001", "0061412340001"])
def test_a_number_is_found_however_it_is_written(node, org_id, asked):
    send(node, new_message(node, org_id), "61412340001", "61412340002")
    found = outbox(node, org_id, destination=asked)
    assert [message.destination for message in found] == ["61412340001"]


def test_calls_last_and_tell_what_was_pressed(node, org_id):
    inbox = Inbox()
    keys = (KeyResponse("1", "Thanks", "6987654321"), KeyResponse("2"))
    message = new_message(node, org_id, Channel.TTS, text="x" * 30, repeats=2, keys=keys)
    send(node, message, "61412340005", "61412340006", "61412340008", inbox=inbox, expect=3)
    told = [
        (report.status, report.duration_s, report.keypress, report.is_voicemail, report.notes)
        for report in inbox.came
        if isinstance(report, DeliveryReport)
    ]
    assert sorted(told) == [
        ("BUSY", 0, "", False, "Simulated."),
        ("SENT", 7, "", True, "Simulated."),
        (
            "SENT", 7, "1", False,
            "Simulated. Pressed 1. Played: Thanks Connected to 6987654321.",
        ),
    ]  # fmt: skip


def test_faxes_have_files(node, org_id):
    files = (Attachment("map.pdf", "application/pdf", b"%PDF"),)
    message = new_message(node, org_id, Channel.FAX, text="", attachments=files)
    send(node, message, "61412340000", inbox=(inbox := Inbox()), expect=1)
    assert [report.duration_s for report in inbox.came if isinstance(report, DeliveryReport)] == [
        42
    ]
    assert outbox(node, org_id)[0].facts == {"files": ["map.pdf"]}


def test_long_texts_are_several_parts(node, org_id):
    message = new_message(node, org_id, text="x" * 161)
    [outcome] = send(node, message, "61412340007"[:-1] + "0")
    assert isinstance(outcome, Accepted)
    assert outcome.parts == 2


def test_a_network_that_was_killed_goes_on_where_it_was(node, org_id):
    message = new_message(node, org_id)
    slow = SimulatorSettings(delay_s=100)
    [outcome] = send(node, message, "61412340000", settings=slow)
    node.clock.advance(101)
    inbox = Inbox()
    send(node, message, inbox=inbox, expect=1)
    assert isinstance(outcome, Accepted)
    assert [report.network_id for report in inbox.came if isinstance(report, DeliveryReport)] == [
        outcome.network_ids[0]
    ]
    again = Inbox()
    send(node, message, inbox=again)
    assert again.came == []


def test_what_the_inbox_does_not_store_is_told_again(node, org_id, monkeypatch):
    monkeypatch.setattr(module, "troubles", Troubles("the simulator waits"))
    inbox = Inbox(trouble=1)
    with capture_logs() as lines:
        send(node, new_message(node, org_id), "61412340000", inbox=inbox, expect=1)
    assert len(inbox.came) == 1
    first = {
        "event": "the simulator waits",
        "code": "test.trouble",
        "error": "test.trouble.",
        "times": 1,
    }
    assert lines[0] == first | {"log_level": "error"}
    assert lines[1:] == []  # it is over when nobody has met it for a while


def test_old_messages_are_forgotten(node, org_id):
    message = new_message(node, org_id)
    send(node, message, "61412340000", expect=1, inbox=Inbox())
    node.clock.advance(8 * 24 * 3600)
    send(node, message, "61412340001", expect=1, inbox=Inbox())

    async def until_swept() -> None:
        carrier = SimulatorCarrier(SimulatorSettings(delay_s=0), node.db)
        await carrier.start(Inbox())
        async with asyncio.timeout(10):
            while len(await node.db.read(list_messages, org_id)) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await carrier.stop()

    asyncio.run(until_swept())
    assert [message.destination for message in outbox(node, org_id)] == ["61412340001"]


CHANNELS = {
    "SMS and MMS": (Channel.SMS, Channel.MMS),
    "Text-to-speech and voice": (Channel.TTS, Channel.VOICE),
    "Fax": (Channel.FAX,),
}


@pytest.mark.parametrize("heading", CHANNELS)
def test_the_table_in_the_readme_is_how_it_is(heading):
    table = README.partition(f"| {heading}: the number ends with |")[2].partition("\n\n")[0]
    documented = dict(re.findall(r"^\| (\d) \| (.*) \|$", table, re.MULTILINE))
    assert documented
    for channel in CHANNELS[heading]:
        for digit in "0123456789":
            fate = fate_of(channel, f"6141234000{digit}")
            answer = getattr(fate.answer, "status", fate.status)
            text = documented.get(digit, "SENT")
            assert re.search(rf"\b({answer}|delivered,|answered,)", text)


def test_the_table_of_mails_says_which_are_suppressed():
    table = README.partition("| E-mail: the address begins with |")[2].partition("\n\n")[0]
    documented = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE))
    assert documented.keys() == {"bounce", "defer", "dsn"}
    for word, text in documented.items():
        fate = fate_of(Channel.EMAIL, f"{word}-1@x.test")
        is_gone = fate.is_gone or getattr(fate.answer, "is_gone", False)
        assert text.endswith("for good, BOUN: suppressed") == is_gone


def test_a_key_without_a_response_is_told_alone():
    assert say_key("3", (KeyResponse("1", "x"),)) == "Pressed 3."
    assert say_key("", ()) == ""
