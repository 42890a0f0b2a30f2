"""Calls and faxes by a gateway: what it gets, what it may answer and tell, and what ends them."""

import asyncio
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.carriers.http_sms.call_gateway import CallGateway, gating
from tests.carriers.http_sms.provider import (
    BASE_URL,
    NOW,
    SECRET,
    NoInbox,
    new_parcel,
    settings_for,
)
from tests.carriers.http_sms.test_webhook import Kept
from tests.core.messaging.jobs import PRICES, job, make_login, new_job, post, rows
from tests.formats.test_fax import draw
from tests.support.builder import Builder, make_organization
from tests.support.client import Answer, AppClient
from tests.support.node import LocalNode, new_database, open_node
from turnout.carriers import (
    Accepted,
    Attachment,
    DeliveryReport,
    Inbox,
    Message,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    Retry,
    Unknown,
)
from turnout.carriers.http_sms import HttpSmsCarrier, build_webhook
from turnout.carriers.http_sms.calls import CALLS, FATES, CallEvent, read_event
from turnout.carriers.http_sms.documents import fax_url
from turnout.carriers.http_sms.webhook import NAME, calls_of, path_of
from turnout.core.messaging.call_ends import Q850, SIP
from turnout.core.messaging.calling import set_calling
from turnout.core.messaging.controlling import cancel_job
from turnout.core.messaging.fence import Fence
from turnout.core.messaging.files import cut, digest_of, finish_file, store_piece
from turnout.core.messaging.model import Channel, Content, JobType, KeyResponse, Status
from turnout.core.messaging.replies import receive_replies
from turnout.core.messaging.sender_ids import SenderRules
from turnout.http.app import RootApp
from turnout.http.mounts import Mount
from turnout.store import Database, Tx
from turnout.workers.delivery import Delivery, delivery_loops
from turnout.workers.inbox import CarrierInbox

DOCS = Path(__file__).parents[3] / "docs/call-gateways.md"
KEYS = (KeyResponse("1", "One moment, %%n%%.", "+61398765432"), KeyResponse("2", "Bye."))
PDF = Attachment("plan.pdf", "application/pdf", b"%PDF")
WAV = Attachment("hello.wav", "audio/wav", b"RIFF")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    with open_node(new_database("sqlite", tmp_path_factory.mktemp("calls"))) as node:
        yield node


def message(channel: Channel = Channel.TTS, **members: Any) -> Message:
    given: dict[str, Any] = {"id": 1, "org_id": 10001, "channel": channel, "text": "Hi %%n%%"}
    return Message(**given | members)


def send(
    gateway: CallGateway, said: Message, *parcels: Parcel, url: str = "", **settings: Any
) -> list[Outcome]:
    async def main() -> list[Outcome]:
        carrier = HttpSmsCarrier(
            settings_for(url or gateway.url, **settings), lambda: NOW, BASE_URL
        )
        await carrier.start(NoInbox())
        try:
            return await carrier.send(said, parcels or (new_parcel(),))
        finally:
            await carrier.stop()

    return asyncio.run(main())


def posted(said: Message, *parcels: Parcel, **settings: Any) -> list[dict[str, Any]]:
    """What a gateway got."""

    async def main() -> list[dict[str, Any]]:
        async with gating(SECRET) as gateway:
            await asyncio.to_thread(send, gateway, said, *parcels, **settings)
            return list(gateway.dialled.values())

    return asyncio.run(main())


def answered(status: int, said: dict[str, Any]) -> Outcome:
    async def main() -> Outcome:
        async with gating(SECRET) as gateway:
            gateway.refusal = (status, said)
            return (await asyncio.to_thread(send, gateway, message()))[0]

    return asyncio.run(main())


def test_a_call_is_posted_merged_with_its_script() -> None:
    said = message(
        header="Dear %%n%%",
        voicemail="Call back, %%n%%",
        voice="sophie",
        repeats=2,
        keys=KEYS,
        redirects=4,
    )
    parcel = new_parcel(7, sender="61298765432", not_after=NOW + 60_000, valid_until=NOW + 30_000)
    [call] = posted(said, parcel, ring_seconds=30, call_seconds=120)
    assert call == {
        "id": "turnout-7",
        "type": "tts",
        "to": "+61412345607",
        "from": "+61298765432",
        "callback_url": f"{BASE_URL}/carriers/http_sms/calls",
        "not_after": "2025-11-24T16:00:30Z",
        "limits": {"ring_seconds": 30, "call_seconds": 120, "redirects_at_once": 4},
        "script": {
            "header": "Dear 7",
            "text": "Hi 7",
            "voice": "sophie",
            "repeat": 2,
            "voicemail": "Call back, 7",
            "keys": {
                "1": {"say": "One moment, 7.", "redirect_to": "+61398765432"},
                "2": {"say": "Bye."},
            },
        },
    }


def test_recordings_and_documents_go_as_links() -> None:
    [call] = posted(message(Channel.VOICE, text="", attachments=(WAV, PDF)))
    assert set(call["script"]) == {"audio", "repeat"}
    audio = call["script"]["audio"]
    assert (audio["name"], audio["content_type"]) == ("hello.wav", "audio/wav")
    assert audio["url"].startswith(f"{BASE_URL}/carriers/http_sms/media/10001/")
    fax = message(Channel.FAX, text="", attachments=(PDF, WAV), is_high_resolution=True)
    [call] = posted(fax)
    assert "script" not in call
    assert call["fax"]["resolution"] == "fine"
    assert [one["name"] for one in call["fax"]["documents"]] == ["plan.pdf", "hello.wav"]
    assert "header" not in call["fax"]


def test_documents_go_as_pages_where_the_gateway_wants_them(node: LocalNode) -> None:
    content = draw("PNG")
    org_id = node.db.call(make_organization, "drawn")

    def store(tx: Tx) -> None:
        for number, piece in cut(content):
            store_piece(tx, org_id, digest_of(content), number, piece)
        finish_file(tx, org_id, digest_of(content), len(content))

    node.db.call(store)
    fax = message(
        Channel.FAX,
        text="",
        org_id=org_id,
        header="ACME & Söhne",
        is_high_resolution=True,
        attachments=(Attachment("plan.final.png", "image/png", content),),
    )
    [call] = posted(fax, fax_documents="tiff")
    assert call["fax"]["header"] == "ACME & Söhne"
    [document] = call["fax"]["documents"]
    link = document.pop("url").removeprefix(BASE_URL)
    assert link.startswith(f"/carriers/http_sms/faxes/{org_id}/{digest_of(content)}?")
    settings, now = settings_for("https://x.test/calls"), node.clock()
    link = fax_url(settings, path_of(NAME), fax, now, fax.attachments[0])
    assert document == {"name": "plan.final.tif", "content_type": "image/tiff"}
    with AppClient(CallHook(node, Kept()).root) as client:
        for _ in range(2):
            answer = client.request("GET", link)
            assert (answer.status, answer.headers["content-type"]) == (200, "image/tiff")
            with Image.open(io.BytesIO(answer.body)) as page:
                assert (page.size, page.info["compression"]) == ((1728, 2284), "group4")
        for change in (("ACME", "Acme"), ("fine", "standard"), ("plan", "plane"), ("until=", "")):
            assert client.request("GET", link.replace(*change)).status == 404


def test_a_call_that_is_posted_again_is_dialled_once() -> None:
    async def main() -> tuple[list[Outcome], int]:
        async with gating(SECRET) as gateway:
            outcomes = []
            for _ in range(2):
                outcomes += await asyncio.to_thread(send, gateway, message())
            return outcomes, len(gateway.dialled)

    assert asyncio.run(main()) == ([Accepted(("c-1",), 1)] * 2, 1)


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        (200, {}, Accepted(("turnout-1",), 1)),
        (202, {"id": 77}, Accepted(("77",), 1)),
        (503, {}, Retry(5, "The provider answered 503: {}")),
        (401, {}, Misconfigured("The provider answered 401: {}")),
        (
            422,
            {"status": "invalid_number", "message": "no such number"},
            Rejected(Status.INVALID_NUMBER, "The provider answered 422: no such number"),
        ),
        (
            400,
            {"status": "failed", "sip": 486, "message": "busy"},
            Rejected(Status.BUSY, "The provider answered 400: busy"),
        ),
        (400, {"message": "odd"}, Rejected(Status.FAILED, "The provider answered 400: odd")),
        (
            400,
            {"status": "completed", "message": "odd"},
            Rejected(Status.FAILED, "The provider answered 400: odd"),
        ),
        (
            400,
            {"status": "voicemail", "message": "odd"},
            Rejected(Status.FAILED, "The provider answered 400: odd"),
        ),
        (
            400,
            {"status": "ringing", "message": "odd"},
            Rejected(Status.FAILED, "The provider answered 400: odd"),
        ),
    ],
)
def test_what_an_answer_means(status: int, said: dict[str, Any], outcome: Outcome) -> None:
    assert answered(status, said) == outcome


def test_an_answer_that_says_nothing_is_unknown() -> None:
    assert isinstance(answered(500, {}), Unknown)
    gateway = CallGateway(SECRET)
    [lost] = send(gateway, message(), url="http://127.0.0.1:9/calls")
    assert isinstance(lost, Retry)


def test_calls_need_a_secret_and_what_is_said() -> None:
    gateway = CallGateway(SECRET)
    [none] = send(gateway, message(), url="http://127.0.0.1:9/calls", webhook_secret="")
    assert isinstance(none, Misconfigured)
    assert "TURNOUT_HTTP_SMS_WEBHOOK_SECRET" in none.reason
    [silent] = send(gateway, message(Channel.VOICE), url="http://127.0.0.1:9/calls")
    assert isinstance(silent, Misconfigured)


# -- what a gateway tells --------------------------------------------------------------------


def event(**members: Any) -> CallEvent | None:
    return read_event(json.dumps({"id": "c-1"} | members).encode())


def test_events_have_their_facts() -> None:
    assert event(
        status="completed", duration=57, key=1, redirected_to="+61398765432", note="carrier A"
    ) == CallEvent("c-1", Status.SENT, "Pressed 1. Connected to +61398765432. carrier A", 57, "1")
    assert event(status="Voicemail") == CallEvent("c-1", Status.SENT, is_voicemail=True)
    assert event(status="completed", voicemail=True, key="12").is_voicemail  # type: ignore[union-attr]
    assert event(status="failed", sip=486, q850=17) == CallEvent(
        "c-1", Status.BUSY, "SIP 486. Q.850 17."
    )
    assert event(status="completed", pages=3, pages_total=5) == CallEvent(
        "c-1", Status.SENT, "3 of 5 pages."
    )
    assert event(status="no-answer", key="#") == CallEvent(
        "c-1", Status.NO_ANSWER, "Pressed #.", key="#"
    )
    for value in (-5, 3.7, "9" * 5000, "a", 90_000):
        assert event(status="completed", duration=value) == CallEvent(
            "c-1", Status.SENT, "The gateway's duration could not be read."
        )
    huge = read_event(b'{"id": "c-1", "status": "completed", "duration": 1e400, "key": 12}')
    assert huge == CallEvent(
        "c-1",
        Status.SENT,
        "The gateway's duration could not be read. The gateway's key could not be read.",
    )
    assert event(status="unknown").status is Status.PATHWAY_ERROR  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"id": "c-1"}', b'{"status": "busy"}', b'{"id": {}, "status": 1}']
)
def test_an_event_names_a_call_and_a_status(body: bytes) -> None:
    assert read_event(body) is None


def test_our_own_name_is_good_too() -> None:
    found = read_event(b'{"reference": "turnout-9", "status": "busy"}')
    assert found == CallEvent("turnout-9", Status.BUSY)


def test_the_docs_have_the_tables() -> None:
    text = DOCS.read_text()
    shown = dict(re.findall(r"^\| ([a-z_]+) \| ([A-Z]{4}|goes on) \|$", text, re.MULTILINE))
    assert shown == {word: fate.value if fate else "goes on" for word, fate in FATES.items()}
    sip: dict[int, str] = {}
    q850: dict[int, str] = {}
    for codes, causes, status in re.findall(
        r"^\| ([\d ]+) \| ([\d ]*) \| ([A-Z]{4}) \|$", text, re.MULTILINE
    ):
        sip |= dict.fromkeys(map(int, codes.split()), status)
        q850 |= dict.fromkeys(map(int, causes.split()), status)
    assert sip == {code: status.value for code, status in SIP.items()}
    assert q850 == {cause: status.value for cause, status in Q850.items()}


class CallHook:
    """The address for calls behind the front door."""

    def __init__(self, node: LocalNode, inbox: Inbox, **settings: Any) -> None:
        app = build_webhook(
            settings_for("https://x.test/calls", **settings), node.db, inbox, BASE_URL
        )
        self.root = RootApp([Mount("/", "http_sms", app)], is_ready=_be_ready, access_log=False)
        self._clock = node.clock

    def tell(self, body: bytes, secret: str = SECRET) -> Answer:
        body, headers = CallGateway(secret).sign(body, self._clock() / 1000)
        with AppClient(self.root) as client:
            return client.request("POST", calls_of(NAME), headers=headers, body=body)


async def _be_ready() -> None:
    pass


def test_only_the_gateway_tells_and_what_goes_on_is_not_reported(node: LocalNode) -> None:
    inbox = Kept()
    hook = CallHook(node, inbox)
    ended = b'{"id": "c-1", "status": "completed", "duration": 9, "key": "2"}'
    assert hook.tell(ended, "another").status == 401
    assert CallHook(node, inbox, webhook_secret="").tell(ended).status == 401
    assert hook.tell(b'{"id": "c-1", "status": "ringing"}').status == 200
    assert inbox.reported == []
    assert hook.tell(b'{"id": "c-1", "status": "odd"}').status == 400
    assert hook.tell(b" " * 70_000).status == 400
    assert hook.tell(ended).status == 200
    assert inbox.reported == [
        DeliveryReport(
            carrier=NAME,
            status=Status.SENT,
            at=node.clock(),
            network_id="c-1",
            notes="Pressed 2.",
            duration_s=9,
            keypress="2",
        )
    ]
    inbox.works = False
    assert hook.tell(ended).status == 503


# -- a job, from its acceptance to the end of its calls ----------------------------------------


class Calling:
    """A node that sends calls to a gateway, and an organization in Australia."""

    def __init__(self, node: LocalNode, gateway: CallGateway, name: str) -> None:
        self.db: Database = node.db
        org_id = self.db.call(lambda tx: Builder(tx, name, timezone="Australia/Melbourne").org_id)
        self.db.call(set_calling, org_id, ["AU"], ["+6433456789"], actor="test")
        self.login = self.db.call(make_login, org_id, f"au/{name}")
        self.gateway = gateway
        self.carrier = HttpSmsCarrier(
            settings_for(gateway.url), node.clock, BASE_URL, NAME, node.db
        )
        self.hook = CallHook(node, CarrierInbox(node.db, receive_replies))

    async def deliver(self, until: Any) -> None:
        delivery = Delivery(
            carriers=dict.fromkeys(CALLS, self.carrier),
            prices=PRICES,
            unsubscribe_url=str,
            senders=SenderRules("no-reply@turnout.test"),
            fence=Fence(redirects=3),
        )
        await self.carrier.start(NoInbox())
        loops = [loop for loop in delivery_loops(self.db, delivery) if loop.name == "messaging-tts"]
        for loop in loops:
            loop.start()
        try:
            async with asyncio.timeout(30):
                while not until():  # noqa: ASYNC110 - the database is looked at
                    await asyncio.sleep(0.01)
        finally:
            await asyncio.gather(*(loop.stop() for loop in loops))
            await self.carrier.stop()


def two_way() -> Any:
    keys = (
        KeyResponse("1", redirect_to="03 9876 5432"),
        KeyResponse("2", redirect_to="+6433456789"),
    )
    return new_job(JobType.TWO_WAY_TTS, content=Content(text="Press 1.", keys=keys))


def test_a_two_way_job_ends_with_its_keys(node: LocalNode) -> None:
    async def main() -> list[tuple[Any, ...]]:
        async with gating(SECRET, lambda call: ends[call["to"][-1]]) as gateway:
            calling = Calling(node, gateway, "twoway")
            numbers = ["0412345671", "0412345672", "0412345673", "1900 123 456"]
            job_id = post(calling.db, calling.login, two_way(), numbers)
            await calling.deliver(
                lambda: rows(calling.db, job_id, "state")[:3] == [("accepted",)] * 3
            )
            assert {call["to"] for call in gateway.dialled.values()} == {
                f"+6141234567{n}" for n in (1, 2, 3)
            }
            call = next(iter(gateway.dialled.values()))
            assert call["limits"]["redirects_at_once"] == 3
            assert call["script"]["keys"] == {
                "1": {"redirect_to": "+61398765432"},
                "2": {"redirect_to": "+6433456789"},
            }
            for id_ in gateway.dialled:
                body, _ = gateway.end(id_)
                for _ in range(2):
                    assert (await asyncio.to_thread(calling.hook.tell, body)).status == 200
            return rows(calling.db, job_id, "status", "duration_s", "keypress", "notes")

    ends = {
        "1": {"status": "completed", "duration": 21, "key": "1"},
        "2": {"status": "failed", "sip": 486},
        "3": {"status": "voicemail", "duration": 12},
    }
    assert asyncio.run(main()) == [
        ("SENT", 21, "1", "Pressed 1."),
        ("BUSY", 0, "", "SIP 486."),
        ("SENT", 12, "", ""),
        ("BARR", 0, "", "Not called: +611900123456 is a premium-rate number."),
    ]


@pytest.mark.parametrize("is_early", [False, True])
@pytest.mark.parametrize("named", [{}, {"id": "c-9"}])
def test_a_call_without_a_good_answer_gets_its_outcome(
    node: LocalNode, named: dict[str, str], is_early: bool
) -> None:
    async def main() -> list[tuple[Any, ...]]:
        async with gating(SECRET) as gateway:
            gateway.is_lossy = True
            calling = Calling(node, gateway, f"lossy{len(named)}{int(is_early)}")
            job_id = post(calling.db, calling.login, two_way(), ["0412345671"])
            [(id_,)] = rows(calling.db, job_id, "id")
            said = named | {"reference": f"turnout-{id_}", "status": "completed", "key": "1"}
            body = json.dumps(said | {"duration": 57}).encode()
            if is_early:
                assert (await asyncio.to_thread(calling.hook.tell, body)).status == 200
            await calling.deliver(lambda: rows(calling.db, job_id, "state") == [("done",)])
            if not is_early:
                assert rows(calling.db, job_id, "status") == [("SVRE",)]
            for _ in range(2):
                assert (await asyncio.to_thread(calling.hook.tell, body)).status == 200
            assert job(calling.db, job_id, "sent", "failed") == (1, 0)
            columns = ("status", "duration_s", "keypress", "notes", "cost_micros", "quote_micros")
            return rows(calling.db, job_id, *columns)

    [(status, duration_s, key, notes, cost, quote)] = asyncio.run(main())
    assert (status, duration_s, key) == ("SENT", 57, "1")
    assert notes == "Pressed 1. Corrected by a later report of the network; before it was SVRE."
    assert cost == quote > 0


def test_a_call_is_known_by_our_own_name_where_the_answer_gave_another(node: LocalNode) -> None:
    async def main() -> list[tuple[Any, ...]]:
        async with gating(SECRET) as gateway:
            calling = Calling(node, gateway, "ownname")
            job_id = post(calling.db, calling.login, two_way(), ["0412345671"])
            await calling.deliver(lambda: rows(calling.db, job_id, "state") == [("accepted",)])
            [id_] = gateway.dialled
            body = json.dumps({"reference": id_, "status": "busy"}).encode()
            assert (await asyncio.to_thread(calling.hook.tell, body)).status == 200
            body = json.dumps({"reference": id_, "status": "completed"}).encode()
            return rows(calling.db, job_id, "status", "notes")

    assert asyncio.run(main()) == [("BUSY", "")]


def test_calls_without_a_good_answer_are_cancelled_too(node: LocalNode) -> None:
    async def main() -> None:
        async with gating(SECRET) as gateway:
            gateway.is_lossy = True
            calling = Calling(node, gateway, "lossycancel")
            gateway.on_take = lambda: calling.db.call(
                cancel_job, calling.login.org_id, job_id, actor="test"
            )
            job_id = post(calling.db, calling.login, two_way(), ["0412345671"])
            await calling.deliver(lambda: gateway.cancelled)
            assert gateway.cancelled == list(gateway.dialled)

    asyncio.run(main())


def test_calls_of_a_cancelled_job_are_ended_at_the_gateway(node: LocalNode) -> None:
    async def main() -> list[tuple[Any, ...]]:
        async with gating(SECRET, lambda _: {"status": "cancelled"}) as gateway:
            calling = Calling(node, gateway, "cancelled")
            job_id = post(calling.db, calling.login, two_way(), ["0412345671", "0412345672"])
            await calling.deliver(lambda: rows(calling.db, job_id, "state") == [("accepted",)] * 2)
            calling.db.call(cancel_job, calling.login.org_id, job_id, actor="test")
            await calling.deliver(lambda: len(gateway.cancelled) == 2)
            assert sorted(gateway.cancelled) == sorted(gateway.dialled)
            for id_ in gateway.dialled:
                told = await asyncio.to_thread(calling.hook.tell, gateway.end(id_)[0])
                assert told.status == 200
            return rows(calling.db, job_id, "status", "notes")

    assert asyncio.run(main()) == [("EXPD", "Cancelled before it was answered.")] * 2
