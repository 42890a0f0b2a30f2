"""Who messages may be from: listed sender ids, proven domains; others go `via`, or are refused."""

import msgspec
import pytest

from tests.core.messaging.jobs import POLICY, make_login, new_job
from tests.support.failures import refuses
from turnout.core.audit.recording import list_entries
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.messaging import sender_ids
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import Content, JobOptions, JobType, NewRecipient
from turnout.core.messaging.sender_ids import (
    MailSender,
    SenderRules,
    add_sender_id,
    choose_mail_sender,
    list_sender_ids,
    remove_sender_id,
    to_sender,
)
from turnout.core.senders.domains import add_domain, record_check
from turnout.core.senders.keys import NewKey
from turnout.core.senders.model import Found, Signing
from turnout.errors import Conflict, Invalid, Missing

RULES = SenderRules("tickets@host.example", ("host.example", "relay.example"))
REFUSING = msgspec.structs.replace(RULES, refuses=True)
POOL = POLICY.reply_numbers[0]


@pytest.fixture(autouse=True)
def in_australia(db, org_id):
    change = OrganizationChange(country_code="AU")
    db.call(change_organization, org_id, change, actor="test")


def accept(db, login, sender, rules=RULES, job_type=JobType.SMS, **options):
    """The sender of a job that was asked for with this one."""
    policy = msgspec.structs.replace(POLICY, senders=rules)
    new = new_job(job_type, sender=sender, options=JobOptions(**options), content=Content(text="a"))
    to = "jo@example.com" if job_type is JobType.EMAIL else "61412345678"
    job_id = db.call(accept_job, login, new, [NewRecipient(to)], policy)
    return db.call(get_job_head, login.org_id, job_id).sender


@pytest.mark.parametrize(
    ("typed", "sender"),
    [
        ("+61 (0)400 000 100", "61400000100"),
        ("0400 000 100", "61400000100"),
        ("61400000100", "61400000100"),
        ("12345", "12345"),
        ("ACME", "ACME"),
        ("19 123 456", "19123456"),
        ("", ""),
    ],
)
def test_a_number_goes_out_in_e164(db, login, typed, sender):
    assert accept(db, login, typed) == sender


def test_callers_and_defaults_are_numbers_too(db, org_id):
    login = db.call(
        make_login, org_id, f"au/d{org_id}", default_sms_sender_id="0400 000 100",
        default_voice_caller_id="0400 000 200",
    )  # fmt: skip
    assert accept(db, login, "") == "61400000100"
    assert accept(db, login, "", job_type=JobType.TTS) == "61400000200"


def test_a_national_sender_needs_a_country():
    with refuses(Invalid, "number.national", number="0400 000 100"):
        to_sender("0400 000 100", "")
    assert to_sender("61400000100", "") == "61400000100"


def test_once_some_are_listed_texts_come_from_those_alone(db, org_id, login):
    assert accept(db, login, "Anybody") == "Anybody"
    db.call(add_sender_id, org_id, "0400 000 100", actor="jo")
    db.call(add_sender_id, org_id, "Acme", actor="jo")
    assert [row.sender for row in db.call(list_sender_ids, org_id)] == ["61400000100", "Acme"]
    assert accept(db, login, "+61400000100") == "61400000100"
    for typed in ("ACME", "acme", "Acme"):
        assert accept(db, login, typed) == "Acme"
    assert accept(db, login, "") == ""
    for sender in ("Anybody", "61400000101"):
        with refuses(Invalid, "sender.id_refused", sender=sender):
            accept(db, login, sender)
    # Two-way jobs have a number of the pool, unless they show another.
    assert accept(db, login, "", job_type=JobType.TWO_WAY_SMS) == POOL
    with refuses(Invalid, "sender.id_refused", sender="Anybody"):
        accept(db, login, "Anybody", job_type=JobType.TWO_WAY_SMS, has_custom_sender=True)
    # Calls show numbers, which no network lets anybody choose.
    assert accept(db, login, "61400000101", job_type=JobType.TTS) == "61400000101"
    db.call(remove_sender_id, org_id, "acme", actor="jo")
    with refuses(Invalid, "sender.id_refused", sender="ACME"):
        accept(db, login, "ACME")
    entries = db.call(list_entries, org_id, sender_ids.NOUN, 0)
    assert [(entry.action, entry.facts) for entry in entries] == [
        ("added", {}), ("added", {}), ("removed", {}),
    ]  # fmt: skip


def test_the_operator_may_want_a_list(db, org_id, login):
    with refuses(Invalid, "sender.id_refused", sender="Acme"):
        accept(db, login, "Acme", REFUSING)
    assert accept(db, login, "", REFUSING) == ""
    assert accept(db, login, POOL, REFUSING) == POOL
    db.call(add_sender_id, org_id, "Acme", actor="jo")
    assert accept(db, login, "Acme", REFUSING) == "Acme"


def test_a_sender_is_listed_once_and_few_are(db, org_id, monkeypatch):
    db.call(add_sender_id, org_id, "Acme", actor="jo")
    with refuses(Conflict, "sender.id_known", sender="ACME"):
        db.call(add_sender_id, org_id, "ACME", actor="jo")
    with refuses(Missing, "sender.id_missing", sender="Other"):
        db.call(remove_sender_id, org_id, "Other", actor="jo")
    for wrong in ("", "x@y", "a much too long name", "😀", "+", "a\nb"):
        with refuses(Invalid, "sender.id", sender=wrong):
            db.call(add_sender_id, org_id, wrong, actor="jo")
    monkeypatch.setattr(sender_ids, "MOST", 1)
    with refuses(Conflict, "sender.ids_many", limit=1):
        db.call(add_sender_id, org_id, "Other", actor="jo")


def verify(db, org_id):
    db.call(add_domain, org_id, "acme.example", [NewKey("s", "rsa", "PEM", "AA")], actor="jo")
    found = {"s": Found.YES}
    db.call(record_check, org_id, "acme.example", found, Found.MISSING, actor="jo")


def test_mail_from_a_domain_that_nobody_proved_may_be_refused(db, org_id, login):
    def accept_mail(sender, rules=REFUSING):
        return accept(db, login, sender, rules, JobType.EMAIL)

    with refuses(Invalid, "sender.domain_refused", address="jo@acme.example"):
        accept_mail("jo@acme.example")
    assert accept_mail("jo@acme.example", RULES) == "jo@acme.example"
    assert accept_mail("jo@host.example") == "jo@host.example"
    verify(db, org_id)
    assert accept_mail("jo@acme.example") == "jo@acme.example"
    assert accept_mail("jo@news.acme.example") == "jo@news.acme.example"


def test_a_domain_is_refused_where_the_installation_has_no_sender_of_its_own(db, login):
    unset = SenderRules("turnout@localhost", ("localhost",), refuses=True)
    with refuses(Invalid, "sender.domain_refused", address="jo@else.test"):
        accept(db, login, "jo@else.test", unset, JobType.EMAIL)
    assert accept(db, login, "", unset, JobType.EMAIL) == ""


SIGNING = Signing((), "bounces.acme.example")
KNOWN = {"acme.example": SIGNING}


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("", MailSender("tickets@host.example", "")),
        ("jo@acme.example", MailSender("jo@acme.example", "jo@acme.example", SIGNING)),
        ("jo@host.example", MailSender("jo@host.example", "jo@host.example")),
        ("jo@mail.relay.example", MailSender("jo@mail.relay.example", "jo@mail.relay.example")),
        ("jo@else.test", MailSender("tickets@host.example", "jo@else.test", is_via=True)),
    ],
)
def test_from_is_always_what_is_signed(address, sender):
    assert choose_mail_sender(address, KNOWN, RULES) == sender


def test_without_a_sender_of_its_own_the_installation_keeps_what_is_given():
    unset = SenderRules("turnout@localhost", ("localhost",))
    assert choose_mail_sender("jo@else.test", {}, unset) == MailSender(
        "jo@else.test", "jo@else.test"
    )
    # What reaches nobody is shown as a network would get it.
    shown = msgspec.structs.replace(unset, is_simulated=True)
    assert choose_mail_sender("jo@else.test", {}, shown) == MailSender(
        "turnout@localhost", "jo@else.test", is_via=True
    )
    assert choose_mail_sender("jo@acme.example", KNOWN, shown).address == "jo@acme.example"
