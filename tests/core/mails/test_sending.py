"""Every mail in every language, to every kind of name, as a mail program reads it."""

import email
import email.policy
from email.message import EmailMessage
from types import SimpleNamespace

import pytest

from tests.carriers.smtp.samples import MARK
from turnout.carriers import Parcel
from turnout.carriers.mails.mime import MailTemplate
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.mails.model import KINDS, MailKind
from turnout.core.mails.sending import Addressee, Particulars, choose_for, write
from turnout.core.messaging.delivering import ClaimedJob, claim
from turnout.workers.delivery import merge_fields
from turnout.workers.messages import to_message

FIXED = ("session_cancelled", "waiting_cancelled")
NAMES = {
    "nobody": ("", ""),
    "Latin": ("Ada", "Lovelace"),
    "one name": ("", "Sukarno"),
    "right to left": ("فاطمة", "الزهراء"),
    "Hebrew": ("שרה", "לוי"),
    "hostile": ('Eve" <x@y.example>', "<script>%%ticket_link%%"),
}
TITLES = {
    "short": "Fair",
    "long": "A very long title & <more> " + "word " * 33 + "end",
    "right to left": "מפגש Turnout 2027",
}
LINK = "https://events.example.com/x/1-ABC"
SAID = Particulars(
    {
        **dict.fromkeys(("ticket_link", "waiting_link", "offer_link", "certificate_link"), LINK),
        "ticket_code": "AB2CD3EF4G",
        "watch_link_1": f"{LINK}?w",
    },
    {
        "deadline": "tomorrow",
        "ticket_type": "Standard",
        "ticket_use": "Use:",
        "session": "Talk",
        "session_date": "Monday",
        "message": "Sorry.\nReally.",
        "changes": "Your ticket is of the type Hall now.",
    },
    [("Hall 1", "watch_link_1")],
)


def read(job, recipient) -> EmailMessage:
    """The mail on the wire, read back by the standard library without a fault."""
    parcel = Parcel(
        attempt_id=7,
        destination=recipient.address,
        sender="no-reply@turnout.example",
        name=recipient.name,
        fields=merge_fields(job.head, recipient, ""),
    )
    mail = MailTemplate(to_message(job.head, ())).render(parcel, MARK)
    raw = b"".join(mail.chunks)
    assert max(map(len, raw.split(b"\r\n"))) <= 76
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
@pytest.mark.parametrize("language", ["en", "de", "es"])
def test_every_mail_to_every_name(node, account, language: str, title: str) -> None:
    db, org_id, event_id = node.db, account.org_id, account.event.id
    change = EventChange(title=title, online_url="https://meet.example/7?a=1&b=2")
    db.call(change_event, org_id, event_id, change, actor="test")
    profile = OrganizationChange(sender_name="Müller & Söhne", reply_address="help@acme.example")
    db.call(change_organization, org_id, profile, actor="test")
    shown = db.call(get_shown_event, org_id, event_id)
    for kind in (*KINDS, *FIXED):
        chosen = db.call(choose_for, org_id, shown, kind, language)
        for first, last in NAMES.values():
            to = Addressee("ada@example.com", first, last)
            db.call(write, org_id, shown, chosen, to, SAID, base_url="https://events.example.com")
    jobs: dict[int, ClaimedJob] = {}
    while claimed := db.call(claim, "email", 500, 60_000):
        jobs |= {job.head.id: job for job in claimed if job.head.org_id == org_id}
    mails = [read(job, *job.recipients) for _, job in sorted(jobs.items())]
    expected = [(kind, name) for kind in (*KINDS, *FIXED) for name in NAMES.values()]
    assert len(mails) == len(expected)
    for mail, (kind, names) in zip(mails, expected, strict=True):
        check(SimpleNamespace(mail=mail, kind=kind, names=names, language=language, title=title))


def check(case) -> None:
    mail, name = case.mail, " ".join(filter(None, case.names))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"].addresses[0].display_name == "Müller & Söhne"
    assert mail["From"].addresses[0].addr_spec == "no-reply@turnout.example"
    assert mail["Reply-To"] == "help@acme.example"
    (to,) = mail["To"].addresses
    assert to.addr_spec == "ada@example.com"
    # A name that is written as an address stays a name, and one that is long is folded.
    assert to.display_name.split() == name.split()
    assert " ".join(case.title.split()) in " ".join(mail["Subject"].split())
    assert mail.get_content_type() == "multipart/alternative"
    plain, page = (part.get_content() for part in mail.iter_parts())
    assert "%%" not in plain.replace("%%ticket_link%%", "")
    assert f'<html lang="{case.language}">' in page
    assert "<script" not in page
    assert " ".join(case.title.split()) in " ".join(plain.split())
    if isinstance(case.kind, MailKind) and KINDS[case.kind].greets:
        assert name in plain
    for link in KINDS[case.kind].required if isinstance(case.kind, MailKind) else ():
        assert link
        assert LINK in plain
        assert f'href="{LINK}"' in page
