"""What an MMSC may tell, and who it must be."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from tests.carriers.mm7.mmsc import SECRET, settings_for
from tests.support.client import Answer, AppClient
from tests.support.node import LocalNode, new_database, open_node
from turnout.carriers import DeliveryReport, Reply
from turnout.carriers.mm7 import build_webhook, path_of, soap
from turnout.carriers.signing import sign
from turnout.core.messaging.model import Status
from turnout.errors import Unavailable
from turnout.http.app import RootApp
from turnout.http.mounts import Mount

PATH = path_of("mm7")


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

    def __init__(self, node: LocalNode, **settings: Any) -> None:
        self.node = node
        self.inbox = Kept()
        app = build_webhook(settings_for("http://mmsc.test/", **settings), node.db, self.inbox)
        root = RootApp([Mount("/", "mm7", app)], is_ready=_be_ready, access_log=False)
        self.client = AppClient(root)

    def tell(self, body: bytes, kind: str = "text/xml", **headers: str) -> Answer:
        pair = base64.b64encode(f"turnout:{SECRET}".encode()).decode()
        given = {"Content-Type": kind, "Authorization": f"Basic {pair}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.client.request("POST", PATH, headers=given, body=body)


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


def envelope(kind: str, members: str, transaction: str = "t-1") -> bytes:
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="urn:any">'
        f"<e:Header><m:TransactionID>{transaction}</m:TransactionID></e:Header>"
        f"<e:Body><m:{kind}>{members}</m:{kind}></e:Body></e:Envelope>"
    ).encode()


def report(word: str, kind: str = "DeliveryReportReq", more: str = "") -> bytes:
    return envelope(
        kind,
        "<m:MM7Version>6.8.0</m:MM7Version><m:MessageID>M-1</m:MessageID><m:Recipient>"
        "<m:Number>+61412345601</m:Number></m:Recipient><m:Sender><m:ShortCode>1</m:ShortCode>"
        f"</m:Sender><m:Date>2026-01-01T00:00:00Z</m:Date><m:MMStatus>{word}</m:MMStatus>{more}",
    )


@pytest.mark.parametrize(
    ("body", "status", "notes"),
    [
        (report("Retrieved"), Status.SENT, ""),
        (report("Forwarded"), Status.SENT, ""),
        (report("Expired"), Status.EXPIRED, "Expired"),
        (
            report("Rejected", more="<m:StatusText>no MMS</m:StatusText>"),
            Status.BLOCKED,
            "Rejected: no MMS",
        ),
        (report("Indeterminate"), Status.PATHWAY_ERROR, "Indeterminate"),
        (report("Read", "ReadReplyReq"), Status.SENT, "Read"),
        (report("Deleted", "ReadReplyReq"), Status.SENT, "Deleted"),
    ],
)
def test_a_final_status_is_a_report(hook, body, status, notes):
    answer = hook.tell(body)
    assert answer.status == 200
    said = soap.read(answer.body)
    kind = "ReadReplyRsp" if b"ReadReply" in body else "DeliveryReportRsp"
    assert (said.kind, said.transaction, said.find("StatusCode")) == (kind, "t-1", "1000")
    at = hook.node.clock()
    assert hook.inbox.reported == [
        DeliveryReport(
            carrier="mm7",
            status=status,
            at=at,
            network_id="M-1",
            address="61412345601",
            notes=notes,
        )
    ]


@pytest.mark.parametrize("word", ["Deferred", "Whatever"])
def test_one_that_goes_on_is_taken_and_not_reported(hook, word):
    assert hook.tell(report(word)).status == 200
    assert hook.inbox.reported == []


DELIVERED = (
    "<m:MM7Version>6.8.0</m:MM7Version><m:LinkedID>L-1</m:LinkedID><m:Sender><m:Number>"
    "+61412345601/TYPE=PLMN</m:Number></m:Sender><m:Recipients><m:To><m:Number>61400000100"
    "</m:Number></m:To></m:Recipients><m:Subject>{}</m:Subject>"
)


def deliver(*parts: tuple[str, bytes], subject: str = "", transaction: str = "t-1") -> bytes:
    """Parts nested as phones send them, with line ends of both kinds."""
    inner = b"".join(
        b"--in\r\nContent-Type: " + kind.encode() + b"\r\n\r\n" + content + b"\r\n"
        for kind, content in parts
    )
    return (
        b'preamble\r\n--"out\r\ncontent-type: text/xml\r\n\r\n'.replace(b'"', b"")
        + envelope("DeliverReq", DELIVERED.format(subject), transaction)
        + b"\n--out\nContent-Type: multipart/mixed;\n boundary=in\n\n"
        + inner
        + b"--in--\r\n--out--\r\n"
    )


RELATED = 'multipart/related; type="text/xml"; boundary="out"'


def read_back(hook: Hook) -> Reply:
    [reply] = hook.inbox.replied
    assert reply.key
    return msgspec.structs.replace(reply, key="")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (deliver(("text/plain; charset=utf-8", "Ja ü".encode())), "Ja ü"),
        (deliver(("text/plain; charset=iso-8859-1", b"Ja \xfc")), "Ja ü"),
        (
            deliver(
                ("application/smil", b"<smil/>"),
                ("image/jpeg", b"\xff\xd8"),
                ("text/plain\r\nContent-Transfer-Encoding: base64", b"U1RPUA=="),
            ),
            "STOP",
        ),
        (deliver(("image/jpeg", b"\xff\xd8")), "[picture]"),
        (deliver(("text/plain", b"two"), subject="one"), "one\ntwo"),
        (deliver(("text/plain\r\nContent-Transfer-Encoding: quoted-printable", b"=C3=BC")), "ü"),
    ],
)
def test_a_message_that_comes_in_is_a_reply(hook, body, text):
    assert hook.tell(body, RELATED).status == 200
    assert read_back(hook) == Reply(
        carrier="mm7",
        sender="61412345601",
        recipient="61400000100",
        text=text,
        at=hook.node.clock(),
    )


def test_a_message_may_leave_out_what_it_answers(hook):
    """A stop word counts whatever it answers: refused, it would be lost."""
    said = deliver(("text/plain", b"Stop"))
    begin, end = said.index(b"<m:Recipients>"), said.index(b"<m:Subject>")
    assert hook.tell(said[:begin] + said[end:], RELATED).status == 200
    got = read_back(hook)
    assert (got.sender, got.recipient, got.text) == ("61412345601", "", "Stop")


def test_a_message_from_nobody_is_refused(hook):
    said = deliver(("text/plain", b"Stop"))
    begin, end = said.index(b"<m:Sender>"), said.index(b"<m:Recipients>")
    answer = hook.tell(said[:begin] + said[end:], RELATED)
    assert (answer.status, answer.body) == (400, b"A reply must have From.\n")
    assert hook.inbox.replied == []


def test_it_is_known_again_by_its_id_and_what_it_says(hook):
    for body in (
        deliver(("text/plain", b"yes")),
        deliver(("text/plain", b"yes"), transaction="t-2"),
        deliver(("text/plain", b"no")),
    ):
        assert hook.tell(body, RELATED).status == 200
    one, same, other = (reply.key for reply in hook.inbox.replied)
    assert (one == same, one == other) == (True, False)


@pytest.mark.parametrize(
    "credentials", ["", "Basic", "Basic eDp5", "Bearer x", "Basic \xfc", f"Basic {'A' * 5000}"]
)
def test_who_does_not_sign_in_is_refused(hook, credentials):
    answer = hook.tell(report("Retrieved"), Authorization=credentials)
    assert answer.status == 401
    assert hook.inbox.reported == []


def test_without_a_secret_everything_is_refused(node):
    hook = Hook(node, webhook_secret="")
    with hook.client:
        pair = base64.b64encode(b"turnout:").decode()
        assert hook.tell(report("Retrieved"), Authorization=f"Basic {pair}").status == 401


def test_a_signature_stands_for_a_password(node):
    hook = Hook(node, signature="sha256")
    body, at = report("Retrieved"), str(node.clock() // 1000)
    signature = sign(SECRET, at, body)
    with hook.client:
        assert hook.tell(body).status == 401
        headers = {"X_Timestamp": at, "X_Signature": signature}
        assert hook.tell(body + b" ", **headers).status == 401
        assert hook.tell(body, **headers).status == 200


def test_what_is_not_on_disk_is_not_acknowledged(hook):
    hook.inbox.works = False
    assert hook.tell(report("Retrieved")).status == 503


DOCTYPE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + report("&x;")


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"", "text/xml", "its envelope is not XML"),
        (b"{}", "text/xml", "its envelope is not XML"),
        (b"<a/>", "text/xml", "its envelope is empty"),
        (DOCTYPE, "text/xml", "it has a document type"),
        (b" " * 70_000 + report("Read"), "text/xml", "its envelope has over 65536 bytes"),
        (b"<a>" * 100, "text/xml", "its envelope is too deep or too long"),
        (b"<a>" + b"<b/>" * 3000, "text/xml", "its envelope is too deep or too long"),
        (b"", "multipart/related", "a multipart has no boundary"),
        (b"x", RELATED, "a multipart lacks its boundary"),
        (b"--out\r\n\r\n<a/>", RELATED, "a multipart is cut off, or has too many parts"),
        (b"--out\r\n\r\nx\r\n" * 60, RELATED, "a multipart is cut off, or has too many parts"),
    ],
)
def test_what_is_no_request_is_refused(hook, body, kind, said):
    answer = hook.tell(body, kind)
    assert (answer.status, answer.body) == (
        400,
        f"The body is not a request of MM7: {said}.\n".encode(),
    )
    assert (hook.inbox.reported, hook.inbox.replied) == ([], [])


def test_a_request_of_another_kind_is_refused(hook):
    answer = hook.tell(envelope("CancelReq", ""))
    assert (answer.status, answer.body) == (400, b"Of MM7, CancelReq is not taken here.\n")


def test_multiparts_in_multiparts_come_to_an_end(hook):
    body = b"".join(
        b"--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n" % (n, n + 1)
        for n in range(100)
    )
    body += b"".join(b"\r\n--%d--" % n for n in reversed(range(101)))
    answer = hook.tell(body, "multipart/mixed; boundary=0")
    assert answer.status == 400


def test_a_large_body_is_refused(hook):
    assert hook.tell(b"x" * 4_200_000).status == 400
