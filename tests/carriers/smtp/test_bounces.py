import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.carriers.smtp.samples import BOUNCES, SECRET
from turnout.carriers.smtp.bounces import Bounce, ReturnPaths, find_bounce
from turnout.core.text import is_storable

PATHS = ReturnPaths(BOUNCES, SECRET)
ATTEMPTS = st.integers(1, 2**63 - 1)


@given(ATTEMPTS)
def test_a_return_path_leads_back_to_its_attempt(attempt_id):
    address = PATHS.address(attempt_id)
    assert PATHS.find_attempt(address) == attempt_id
    assert PATHS.find_attempt(address.upper()) == attempt_id
    assert PATHS.address(attempt_id) == address
    assert len(address.partition("@")[0]) <= 64


@given(ATTEMPTS, ATTEMPTS)
def test_a_return_path_cannot_be_made_up(attempt_id, other_id):
    address = PATHS.address(attempt_id)
    assert ReturnPaths(BOUNCES, SECRET + "x").find_attempt(address) is None
    # Domains of organizations lead here, too.
    assert PATHS.find_attempt(f"{address.partition('@')[0]}@bounces.Acme.example") == attempt_id
    if attempt_id != other_id:
        assert PATHS.find_attempt(address.replace(f"+{attempt_id}.", f"+{other_id}.")) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        BOUNCES,
        f"bounces@{BOUNCES}",
        f"bounces+7@{BOUNCES}",
        f"bounces+0.{'0' * 20}@{BOUNCES}",
        f"bounces+7.{'0' * 20}@{BOUNCES}",
        PATHS.address(7).replace("+7.", "+07."),
        PATHS.address(7).replace("+7.", "+\u0667."),
        PATHS.address(7) + "\n",
        "x" + PATHS.address(7),
        f"{'9' * 5000}.{'0' * 20}@{BOUNCES}",
    ],
)
def test_what_is_no_return_path_leads_nowhere(address):
    assert PATHS.find_attempt(address) is None


def make_report(*groups: str, kind: str = "message/delivery-status") -> str:
    """A notification as RFC 3464 has it, and most servers write it."""
    fields = "\n\n".join(groups)
    return f"""From: Mailer <mailer-daemon@relay.test>
Subject: What has become of it
Content-Type: multipart/report; report-type=delivery-status; boundary="b/1.2=3"

A notification in MIME format.
--b/1.2=3
Content-Type: text/plain; charset=utf-8

It is as follows.
--b/1.2=3
Content-Type: {kind}

{fields}

--b/1.2=3
Content-Type: message/rfc822

Subject: what was sent

Action: failed
--b/1.2=3--
"""


SERVER = "Reporting-MTA: dns; relay.test\nArrival-Date: Sun, 22 Nov 2026 01:36:12 +0000 (UTC)"
FAILED = """Original-Recipient: rfc822;Ada@example.com
Final-Recipient: rfc822; ada@mx.example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <ada@mx.example.com>:
    nobody here"""
DELAYED = """Final-Recipient: rfc822; ada@example.com
Action: delayed
Status: 4.4.1
Diagnostic-Code: smtp; 451 later"""
BOUNCE = Bounce(
    "5.1.1", "Ada@example.com", "550 5.1.1 <ada@mx.example.com>: nobody here", is_gone=True
)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("report", "bounce"),
    [
        (make_report(SERVER, FAILED), BOUNCE),
        (make_report(SERVER, FAILED, kind="message/global-delivery-status"), BOUNCE),
        (make_report(SERVER, DELAYED, FAILED), BOUNCE),
        (
            make_report(SERVER, "Final-Recipient: rfc822; a@b\nAction: FAILED\nStatus: 4.4.7"),
            Bounce("4.4.7", "a@b", ""),
        ),
        (make_report(SERVER, DELAYED), None),
        (make_report(SERVER, FAILED.replace("failed", "delivered")), None),
        (make_report(SERVER, FAILED.replace("failed", "relayed")), None),
        (make_report(SERVER), None),
    ],
)
def test_only_failures_are_bounces(report, bounce, line_end):
    assert find_bounce(report.replace("\n", line_end).encode()) == bounce


def test_a_report_may_be_inside_of_a_forwarded_mail():
    report = make_report(SERVER, FAILED).encode()
    mixed = (
        b"From: jo@example.com\nSubject: Fwd: look\nContent-Type: multipart/mixed; boundary=w\n\n"
    )
    forwarded = mixed + b"--w\n\nSee below.\n--w\nContent-Type: message/rfc822\n\n%b\n--w--\n"
    assert find_bounce(b"Content-Type: message/rfc822\n\n" + report) == BOUNCE
    assert find_bounce(forwarded % report) == BOUNCE
    assert (
        find_bounce(forwarded % (forwarded.replace(b"=w", b"=v").replace(b"--w", b"--v") % report))
        is None
    )


COMPLAINT = f"""From: abuse@mailbox.example
Subject: Abuse report
Content-Type: multipart/report; report-type=feedback-report; boundary=c

--c
Content-Type: text/plain

This is an email abuse report.
--c
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Mailbox/1.0
Version: 1
Original-Rcpt-To: <jo@example.com>
--c
Content-Type: message/rfc822

Return-Path: <{{path}}>
Message-ID: <{{token}}@{BOUNCES}>
Subject: News

--c--
"""


def test_a_complaint_names_its_attempt():
    raw = COMPLAINT.format(path=PATHS.address(7), token="x").encode()
    assert find_bounce(raw) == Bounce("", "jo@example.com", "complaint (abuse)", is_complaint=True)
    assert PATHS.find_in(raw) == 7
    by_id = COMPLAINT.format(path="jo@example.com", token=PATHS.token(8)).encode()
    assert PATHS.find_in(by_id) == 8
    forged = COMPLAINT.format(path=PATHS.address(7).replace("+7.", "+9."), token="x").encode()
    assert PATHS.find_in(forged) is None
    assert PATHS.takes_complaints(f"Complaints@{BOUNCES}")
    assert not PATHS.takes_complaints("complaints@other.example")


def test_a_read_receipt_is_no_bounce_and_a_refusal_is():
    receipt = (
        "From: jo@example.com\nSubject: Failed to read\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=r\n\n"
        "--r\nContent-Type: text/plain\n\nYour message to <jo@example.com> was rejected:\nQuota "
        "exceeded\n--r\nContent-Type: message/disposition-notification\n\n"
        "Disposition: %s\n--r--\n"
    )
    assert find_bounce((receipt % "manual-action/MDN-sent-manually; displayed").encode()) is None
    assert find_bounce((receipt % "manual-action/MDN-sent-manually; deleted").encode()) is None
    for refusal in ("Automatic-Action/MDN-sent; deleted", "automatic-action/x;\n deleted/error"):
        found = find_bounce((receipt % refusal).encode())
        assert found is not None
        assert (found.recipient, found.is_gone) == ("jo@example.com", False)


def test_a_report_may_be_inside_other_parts_and_cut_off_behind_itself():
    whole = make_report(SERVER, FAILED)
    wrapped = f"Content-Type: multipart/mixed; boundary=w\n\n--w\n{whole}\n--w--\n".encode()
    assert find_bounce(wrapped) == BOUNCE
    assert find_bounce(wrapped[: wrapped.index(b"Subject: what was sent")]) == BOUNCE


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\r\n",
        b"no mail at all",
        b"Subject: Out of office\nAuto-Submitted: auto-replied\n\nAction: failed\nStatus: 5.1.1\n",
        b"Content-Type: multipart/report\n\nAction: failed",
        b"Content-Type: multipart/report; boundary=\n\n--\nAction: failed",
    ],
)
def test_ordinary_mail_is_no_bounce(mail):
    assert find_bounce(mail) is None


def test_a_bounce_is_described_in_one_line_that_can_be_stored():
    report = make_report(SERVER, FAILED.replace("nobody here", "nobody\0 h\xe9re " + "x" * 900))
    bounce = find_bounce(report.encode("latin-1"))
    assert bounce
    assert bounce.notes.startswith(
        "Ada@example.com: 5.1.1 550 5.1.1 <ada@mx.example.com>: nobody h\ufffdre xxx"
    )
    assert len(bounce.notes) <= 500
    assert is_storable(bounce.notes)


def nest(report: str, depth: int) -> bytes:
    for level in range(depth):
        report = f"""Content-Type: multipart/mixed; boundary=n{level}

--n{level}
{report}
--n{level}--
"""
    return report.encode()


def test_nesting_is_bounded():
    report = make_report(SERVER, FAILED)
    assert find_bounce(nest(report, 3)) == BOUNCE
    assert find_bounce(nest(report, 4)) is None
    assert find_bounce(nest(report, 1000)) is None


def test_parts_are_bounded():
    report = make_report(SERVER, FAILED)
    for many, bounce in ((30, BOUNCE), (100_000, None)):
        parts = "--w\n\nx\n" * many
        mail = f"Content-Type: multipart/mixed; boundary=w\n\n{parts}--w\n{report}"
        assert find_bounce(mail.encode()) == bounce


PIECES = st.sampled_from(
    [
        *(b"Content-Type: ", b"multipart/report", b"message/delivery-status", b"; boundary=", b"b"),
        *(
            b'"',
            b"b*0*=utf-8''",
            b"%",
            b";",
            b"--b",
            b"--b--",
            b"\n",
            b"\r\n",
            b"\n\n",
            b"\0",
            b":",
        ),
        *(
            b"Action: ",
            b"failed",
            b"Status: ",
            b"5.1.1",
            b" ",
            b"\xff",
            b"=?utf-8?q?",
            b"?=",
            b"*=",
        ),
        *(b"Diagnostic-Code: ", b"smtp;", b"Final-Recipient: ", b"x" * 80),
    ]
)


@given(st.binary(max_size=300) | st.lists(PIECES, max_size=40).map(b"".join))
def test_whatever_comes_is_survived(mail):
    report = make_report(SERVER, "@").encode().replace(b"@", mail)
    for raw in (mail, report, report.replace(b"b/1.2=3", mail, 1)):
        bounce = find_bounce(raw)
        assert bounce is None or is_storable(bounce.notes + bounce.recipient)
