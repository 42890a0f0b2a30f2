"""What the provider may tell, and who it must be."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import pytest

from tests.carriers.http_sms.provider import BASE_URL, SECRET, settings_for
from tests.support.client import Answer, AppClient
from tests.support.node import LocalNode, new_database, open_node
from turnout.carriers import Accepted, Attachment, DeliveryReport, Inbox, Message, Reply
from turnout.carriers.http_sms.webhook import NAME, build_webhook, events_of, media_url
from turnout.carriers.signing import sign, sign_like_twilio
from turnout.core.identity.organizations import create_organization
from turnout.core.ids import JobId
from turnout.core.messaging.files import cut, digest_of, finish_file, store_piece
from turnout.core.messaging.model import Channel, Status
from turnout.core.messaging.replies import receive_replies
from turnout.errors import Unavailable
from turnout.http.app import RootApp
from turnout.http.mounts import Mount
from turnout.store import Tx
from turnout.workers.inbox import CarrierInbox

_numbers = itertools.count(1)
EVENTS = events_of(NAME)
URL = "https://provider.test/messages"


class Kept:
    """An inbox that keeps what comes, while it `works`."""

    def __init__(self) -> None:
        self.reported: list[DeliveryReport] = []
        self.replied: list[Reply] = []
        self.works = True

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        if not self.works:
            raise Unavailable("store.full")
        self.reported += reports

    async def replies(self, replies: Sequence[Reply]) -> None:
        self.replied += replies


class Hook:
    """The webhook behind the front door."""

    def __init__(self, node: LocalNode, inbox: Inbox | None = None, **settings: Any) -> None:
        self.node = node
        self.inbox = Kept()
        self.settings = settings_for(URL, **settings)
        app = build_webhook(self.settings, node.db, inbox or self.inbox, BASE_URL)
        root = RootApp([Mount("/", "http_sms", app)], is_ready=_be_ready, access_log=False)
        self.client = AppClient(root)

    def tell(self, fields: dict[str, str] | bytes, **changes: Any) -> Answer:
        """Post a form as the provider does; `changes` replace what it sends."""
        body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        timestamp = str(changes.get("timestamp", self.node.clock() // 1000))
        signature = changes.get("signature") or sign(changes.get("secret", SECRET), timestamp, body)
        headers = {"X-Timestamp": timestamp, "X-Signature": signature}
        return self.client.request("POST", EVENTS, headers=headers, body=body)


async def _be_ready() -> None:
    pass


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    with open_node(new_database("sqlite", tmp_path_factory.mktemp("webhook"))) as node:
        yield node


@pytest.fixture
def hook(node: LocalNode) -> Iterator[Hook]:
    hook = Hook(node)
    with hook.client:
        yield hook


@pytest.mark.parametrize(
    ("fields", "status", "notes"),
    [
        ({"MessageSid": "SM1", "MessageStatus": "delivered"}, Status.SENT, ""),
        ({"SmsSid": "SM1", "SmsStatus": "Delivered", "ErrorCode": "0"}, Status.SENT, ""),
        (
            {"sid": "SM1", "status": "undelivered", "ErrorCode": "30003"},
            Status.FAILED,
            "undelivered, error 30003",
        ),
        ({"id": "SM1", "status": "failed"}, Status.FAILED, ""),
        ({"message_id": "SM1", "status": "expired"}, Status.EXPIRED, ""),
        ({"id": "SM1", "status": "rejected"}, Status.BLOCKED, ""),
    ],
)
def test_a_final_status_is_a_report(
    hook: Hook, fields: dict[str, str], status: Status, notes: str
) -> None:
    answer = hook.tell(fields)
    assert (answer.status, answer.body) == (200, b"ok\n")
    at = hook.node.clock()
    assert hook.inbox.reported == [
        DeliveryReport(carrier="http_sms", status=status, at=at, network_id="SM1", notes=notes)
    ]


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "accepted", "whatever", ""])
def test_another_status_is_taken_and_not_reported(hook: Hook, status: str) -> None:
    assert hook.tell({"MessageSid": "SM1", "MessageStatus": status}).status == 200
    assert hook.inbox.reported == []


REPLY = {"From": "+61412345678", "To": "+61400000100", "Body": "Ja, gerne! ü"}


@pytest.mark.parametrize("more", [{}, {"SmsStatus": "received", "MessageSid": "SM7"}])
def test_a_reply_is_stored(hook: Hook, more: dict[str, str]) -> None:
    assert hook.tell(REPLY | more).status == 200
    [got] = hook.inbox.replied
    assert got.key
    assert msgspec.structs.replace(got, key="") == Reply(
        carrier="http_sms",
        sender="61412345678",
        recipient="61400000100",
        text="Ja, gerne! ü",
        at=hook.node.clock(),
    )


@pytest.mark.parametrize(
    ("again", "is_same"),
    [
        ({}, True),
        ({"MessageSid": "SM8"}, False),
        ({"Body": "No"}, False),
        ({"MessageSid": ""}, False),
        ({"ApiVersion": "2"}, True),
    ],
)
def test_a_reply_is_known_again_by_its_id_and_what_it_says(hook, again, is_same) -> None:
    first = REPLY | {"MessageSid": "SM7"}
    now = hook.node.clock() // 1000
    assert hook.tell(first, timestamp=now).status == 200
    assert hook.tell(first | again, timestamp=now + 60).status == 200
    one, other = (reply.key for reply in hook.inbox.replied)
    assert (one == other) is is_same


@pytest.mark.parametrize(("later_s", "is_same"), [(0, True), (1, False)])
def test_a_reply_without_an_id_is_known_again_by_its_time(hook, later_s, is_same) -> None:
    now = hook.node.clock() // 1000
    for timestamp in (now, now + later_s):
        assert hook.tell(REPLY, timestamp=timestamp).status == 200
    one, other = (reply.key for reply in hook.inbox.replied)
    assert (one == other) is is_same


def test_without_id_and_time_each_reply_is_one_of_its_own(node: LocalNode) -> None:
    hook = Hook(node, signature="twilio")
    signature = sign_like_twilio(SECRET, BASE_URL + EVENTS, list(REPLY.items()))
    body = urlencode(REPLY).encode()
    with hook.client:
        headers = {"X-Twilio-Signature": signature}
        assert hook.client.request("POST", EVENTS, headers=headers, body=body).status == 200
    assert [reply.key for reply in hook.inbox.replied] == [""]


def test_a_replayed_webhook_is_stored_once_on_whichever_node_it_comes_to(node: LocalNode) -> None:
    def count() -> int:
        query = "SELECT count(*) FROM stray_replies WHERE sender = '61412340001'"
        return node.db.call(lambda tx: tx.connection.execute(query).fetchone()[0])

    form = REPLY | {"From": "+61412340001"}
    timestamp = node.clock() // 1000
    for _ in range(2):
        hook = Hook(node, inbox=CarrierInbox(node.db, receive_replies))
        with hook.client:
            for _ in range(3):
                assert hook.tell(form, timestamp=timestamp).status == 200
    assert count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "another"},
        {"signature": "0" * 64},
        {"signature": "ü"},
        {"timestamp": "0"},
        {"timestamp": ""},
        {"timestamp": "²"},
        {"timestamp": "1" * 30},
    ],
)
def test_what_is_not_signed_is_refused(hook: Hook, changes: dict[str, str]) -> None:
    answer = hook.tell({"MessageSid": "SM1", "MessageStatus": "delivered"}, **changes)
    assert (answer.status, answer.body) == (401, b"The signature is missing or wrong.\n")
    assert hook.inbox.reported == []


@pytest.mark.parametrize(("off", "status"), [(-300, 200), (300, 200), (-301, 401), (301, 401)])
def test_an_old_request_is_refused(hook: Hook, off: int, status: int) -> None:
    timestamp = hook.node.clock() // 1000 + off
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert hook.tell(form, timestamp=timestamp).status == status


def test_without_a_secret_everything_is_refused(node: LocalNode) -> None:
    hook = Hook(node, webhook_secret="")
    with hook.client:
        form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
        assert hook.tell(form, secret="").status == 401


def test_twilio_signs_in_its_own_way(node: LocalNode) -> None:
    hook = Hook(node, signature="twilio")
    form = {"MessageSid": "SM1", "MessageStatus": "delivered", "ApiVersion": "1"}
    signature = sign_like_twilio(SECRET, BASE_URL + EVENTS, list(form.items()))
    body = urlencode(form).encode()
    with hook.client:
        for given, status in ((signature, 200), (signature[::-1], 401), ("", 401)):
            headers = {"X-Twilio-Signature": given}
            answer = hook.client.request("POST", EVENTS, headers=headers, body=body)
            assert answer.status == status
        assert hook.tell(form).status == 401
    assert len(hook.inbox.reported) == 1


def test_twilio_signatures_are_those_of_its_documentation() -> None:
    """The example of the provider's page on webhook security."""
    fields = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ]
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign_like_twilio("12345", url, fields) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The form names no message."),
        (b"MessageStatus=delivered", "The form names no message."),
        (b"Body=x&To=1", "A reply must have From."),
        (b"Body=x&To=1&From=%00", "A reply must have From."),
        (b"\xff", "The body is not a form in UTF-8."),
        (b"a=%FF", "The body is not a form in UTF-8."),
        (b"nonsense", "The body is not a form in UTF-8."),
        (b"&".join(b"a=1" for _ in range(101)), "The body is not a form in UTF-8."),
        (b"a=" + b"x" * 65_536, "A form has up to 65536 bytes."),
    ],
)
def test_what_is_no_such_form_is_refused(hook: Hook, body: bytes, said: str) -> None:
    answer = hook.tell(body)
    assert (answer.status, answer.body.decode()) == (400, f"{said}\n")


def test_what_could_not_be_stored_is_to_be_told_again(hook: Hook) -> None:
    hook.inbox.works = False
    answer = hook.tell({"MessageSid": "SM1", "MessageStatus": "delivered"})
    assert (answer.status, "retry-after" in answer.headers) == (503, True)


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_only_post_is_known(hook: Hook, method: str) -> None:
    answer = hook.client.request(method, EVENTS)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


# -- pictures --------------------------------------------------------------------------------


@pytest.fixture
def link(hook: Hook) -> str:
    content = bytes(range(256)) * 2000
    digest = digest_of(content)
    org_id = hook.node.db.call(
        create_organization, f"org-{next(_numbers)}", "x", actor="test"
    ).org_id

    def store(tx: Tx) -> None:
        for number, piece in cut(content):
            store_piece(tx, org_id, digest, number, piece)
        finish_file(tx, org_id, digest, len(content))

    hook.node.db.call(store)
    picture = Attachment("map.png", "image/png", content)
    message = Message(id=JobId(1), org_id=org_id, channel=Channel.MMS, attachments=(picture,))
    return media_url(hook.settings, "", message, hook.node.clock())


def test_a_picture_is_fetched_by_its_link(hook: Hook, link: str) -> None:
    answer = hook.client.request("GET", link)
    assert (answer.status, answer.body) == (200, bytes(range(256)) * 2000)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_link_that_was_changed_or_is_old_leads_nowhere(hook: Hook, link: str) -> None:
    path, query = urlsplit(link)[2:4]
    changed = [
        path,
        f"{path}?{query.replace('image%2Fpng', 'text%2Fhtml')}",
        f"{path}?{query[:-1]}{'0' if query[-1] != '0' else '1'}",
        f"{path.replace('/media/1', '/media/2')}?{query}",
        f"{path[:-1]}{'0' if path[-1] != '0' else '1'}?{query}",
        f"{path}?{query.replace('until=', 'until=1')}",
        f"{path}?{query.replace('until=', 'until=x')}",
    ]
    for change in changed:
        answer = hook.client.request("GET", change)
        assert (answer.status, answer.body) == (404, b"This link does not lead to a file.\n"), (
            change
        )
    hook.node.clock.advance(24 * 3600 + 1)
    assert hook.client.request("GET", link).status == 404


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": "3\0"}, "failed, error 3"),
        ({"MessageSid": "SM1", "MessageStatus": "undelivered\0"}, ""),
        ({"From": "+61412345678\0", "To": "+61400000100", "Body": "Yes"}, "Yes"),
        ({"From": "+61412345678", "To": "+61400000100", "Body": "ST\0OP"}, "STOP"),
    ],
)
def test_what_no_database_keeps_is_left_out(hook: Hook, fields: dict[str, str], kept: str) -> None:
    assert hook.tell(fields, signature="wrong").status == 401
    assert hook.tell(fields).status == 200
    told = [report.notes for report in hook.inbox.reported]
    said = [reply.text for reply in hook.inbox.replied]
    assert told + said == [kept]
    assert {reply.sender for reply in hook.inbox.replied} <= {"61412345678"}


def test_an_id_with_nul_is_the_one_that_the_answer_had(hook: Hook) -> None:
    assert hook.tell({"MessageSid": "SM\0", "MessageStatus": "delivered"}).status == 200
    [report] = hook.inbox.reported
    assert (report.network_id,) == Accepted(("SM\0",)).network_ids


@pytest.mark.parametrize("more", [{}, {"To": ""}, {"To": "\0"}])
def test_a_reply_may_leave_out_what_it_answers(hook: Hook, more: dict[str, str]) -> None:
    """A stop word counts whatever it answers: refused, it would be lost."""
    assert hook.tell({"From": "+61412345678", "Body": "Stop"} | more).status == 200
    [got] = hook.inbox.replied
    assert (got.sender, got.recipient, got.text) == ("61412345678", "", "Stop")


def test_a_reply_may_be_to_a_name(hook: Hook) -> None:
    assert hook.tell({"From": "+61412345678", "To": "ACME", "Body": "Yes"}).status == 200
    [got] = hook.inbox.replied
    assert got.recipient == "ACME"


def test_an_id_of_any_length_is_the_one_that_the_answer_had(hook: Hook) -> None:
    long = "SM" + "1" * 5_000
    assert hook.tell({"MessageSid": long, "MessageStatus": "delivered"}).status == 200
    [report] = hook.inbox.reported
    assert (report.network_id,) == Accepted((long,)).network_ids
