"""Consent to marketing: given by people on forms, withdrawn by any opt-out, kept as proof."""

import msgspec
import pytest

from tests.core.erasure.test_expiring import run_all
from tests.core.messaging.jobs import POLICY, answer, claim_all, make_login, new_job, rows
from tests.core.registrations.office import Office
from tests.support.builder import contact
from turnout.core.erasure.message_retention import set_message_retention
from turnout.core.erasure.retention import DAY_MS
from turnout.core.identity.members import require_member
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.consents import (
    FORM,
    find_consented,
    find_refused,
    list_consents,
    list_consents_of,
    note_consents,
)
from turnout.core.messaging.dry_runs import preview_new
from turnout.core.messaging.model import (
    Channel,
    JobOptions,
    JobType,
    Medium,
    NewRecipient,
    Purpose,
)
from turnout.core.messaging.opt_outs import (
    add_opt_out,
    ensure_link_key,
    list_opt_outs,
    opt_out_by_link,
    remove_opt_out,
    unsubscribe_url,
)
from turnout.core.messaging.outcomes import Accepted
from turnout.core.messaging.preferences import choose_preferences, list_preferences
from turnout.core.questions.editing import QuestionChange, add_question, change_question
from turnout.core.questions.model import Answer, Kind, Question, Way
from turnout.core.registrations.forms import register_by_form, wait_by_form
from turnout.core.registrations.joining import register_directly
from turnout.errors import Invalid

YES = [Answer("News", "yes")]
PHONE = "+61 412 345 678"


class Form:
    """An event whose page asks for consent to news by mail and SMS."""

    def __init__(self, node) -> None:
        self.office = office = Office(node)
        self.db, self.org_id, self.event_id = node.db, office.org_id, office.event_id
        change = QuestionChange(
            name="News", kind=Kind.AGREEMENT, text="Write to me.", consents=[Way.EMAIL, Way.SMS]
        )
        self.question: Question = office.call(add_question, office.event_id, change, actor="test")
        self.login = node.db.call(make_login, office.org_id, f"{office.org_id}/jo")

    def register(self, name: str, answers=YES, language: str = "de") -> None:
        who = contact(name, phone=PHONE)
        self.office.call(
            register_by_form,
            self.event_id,
            self.office.general,
            who,
            "https://t.example",
            answers=answers,
            language=language,
        )

    def all(self):
        return self.office.call(list_consents, 100)

    def consented(self, address: str, channel: Channel = Channel.EMAIL) -> bool:
        return address in self.office.call(find_consented, channel, [address])

    def send(self, *addresses: str, **options) -> list[str]:
        """The outcome of each in a mailing."""
        new = new_job(JobType.EMAIL, sender="a@example.com", options=JobOptions(**options))
        to = [NewRecipient(address) for address in addresses]
        job_id = self.db.call(accept_job, self.login, new, to, POLICY)
        answer(self.db, claim_all(self.db, "email"), Accepted(is_final=True))
        return [status for (status,) in rows(self.db, job_id, "status")]


@pytest.fixture
def form(node) -> Form:
    return Form(node)


def test_a_consent_says_to_which_text_when_where_and_in_which_language(form, node):
    form.register("Ann")
    form.register("Ann")  # again
    mail, sms = form.all()
    assert (mail.medium, mail.address) == (Medium.EMAIL, "ann@example.com")
    assert (sms.medium, sms.address) == (Medium.SMS, "61412345678")
    for consent in (mail, sms):
        assert consent[3:] == (
            form.event_id, form.question.id, 1, "de", FORM, node.clock.now, None, "Write to me.",
        )  # fmt: skip


def test_who_did_not_agree_has_not_consented(form):
    form.register("ann", [Answer("News", "no")])
    form.register("bob", [])
    assert form.all() == []


def test_a_new_text_is_a_new_consent(form):
    form.register("ann")
    change = QuestionChange(text="Write to me daily.")
    form.office.call(change_question, form.event_id, form.question.id, change, actor="test")
    form.register("ann")
    mails = [known for known in form.all() if known.medium is Medium.EMAIL]
    assert [(known.version, known.text) for known in mails] == [
        (1, "Write to me."),
        (2, "Write to me daily."),
    ]


def test_nobody_consents_for_another(form):
    """By the integrations' door: it takes the answer, which is no consent."""
    who = contact("ann", phone=PHONE)
    form.office.call(register_directly, form.event_id, form.office.general, who, answers=YES)
    assert form.all() == []


def test_who_waits_has_consented_too(form):
    form.office.add("first")
    who = contact("ann", phone=PHONE)
    form.office.call(
        wait_by_form, form.event_id, form.office.general, who, "https://t.example", answers=YES
    )
    found = form.office.call(list_consents, 9)
    assert {known.medium for known in found} <= {Medium.EMAIL, Medium.SMS}


def test_an_opt_out_withdraws_and_wins_over_a_later_form(form, node):
    form.register("ann")
    node.clock.now += 1000
    form.office.call(add_opt_out, Medium.EMAIL, "ANN@example.com", actor="test")
    assert not form.consented("ann@example.com")
    assert form.consented("61412345678", Channel.SMS)
    [mail] = [known for known in form.all() if known.medium is Medium.EMAIL]
    assert mail.withdrawn_at == node.clock.now
    form.register("ann")
    assert form.send("ann@example.com", is_consented_only=True) == ["OPTO"]
    form.office.call(remove_opt_out, Medium.EMAIL, "ann@example.com", actor="test")
    assert form.send("ann@example.com", is_consented_only=True) == ["SENT"]


def test_a_job_is_limited_to_those_who_consented(form):
    form.register("ann")
    to = ("Ann@example.com", "bob@example.com")
    assert form.send(*to) == ["SENT", "SENT"]
    assert form.send(*to, is_consented_only=True) == ["SENT", "OPTO"]


def test_an_organization_can_require_consent_of_all_marketing(form):
    form.register("ann")
    change = OrganizationChange(requires_consent=True)
    form.office.call(change_organization, change, actor="test")
    to = ("ann@example.com", "bob@example.com")
    assert form.send(*to) == ["SENT", "OPTO"]
    assert form.send(*to, purpose=Purpose.SERVICE) == ["SENT", "SENT"]
    member = form.db.look(require_member, form.login)
    new = new_job(JobType.EMAIL, sender="a@example.com")
    people = [NewRecipient(address) for address in to]
    run = form.db.look(preview_new, member, new, people, POLICY, lambda *_: ([], ""))
    assert run.left_out == {"no consent": 1}


def test_consents_of_an_address_are_found_in_any_spelling(form):
    form.register("ann")
    for spelled in ("ANN@example.com ", "+61 (0)412 345 678"):
        [known] = form.office.call(list_consents_of, spelled)
        assert known.text == "Write to me."
    assert form.office.call(list_consents_of, "bob@example.com") == []
    [first, *_] = form.all()
    assert form.office.call(list_consents, 9, first) == form.all()[1:]


def test_what_is_no_free_agreement_cannot_be_a_consent(form):
    text = QuestionChange(name="Diet", consents=[Way.EMAIL])
    with pytest.raises(Invalid) as refusal:
        form.office.call(add_question, form.event_id, text, actor="test")
    assert refusal.value.code == "event_question.consents"
    required = QuestionChange(is_required=True)
    with pytest.raises(Invalid) as refusal:
        form.office.call(change_question, form.event_id, form.question.id, required, actor="test")
    assert refusal.value.code == "event_question.consent_required"


def test_a_number_that_cannot_be_read_has_no_consent(form):
    who = msgspec.structs.replace(contact("ann"), phone="0412 345")
    form.office.call(note_consents, form.event_id, who, YES, source=FORM)
    assert [known.medium for known in form.all()] == [Medium.EMAIL]


def test_the_number_may_be_an_answer(form):
    change = QuestionChange(name="Mobile", kind=Kind.PHONE)
    form.office.call(add_question, form.event_id, change, actor="test")
    answers = [*YES, Answer("mobile", "+61 412 345 679")]
    form.office.call(note_consents, form.event_id, contact("ann", phone=""), answers, source=FORM)
    assert form.consented("61412345679", Channel.SMS)


def test_whose_mail_is_allowed_again_behind_the_link_consents_again(form, node):
    form.register("ann")
    new = new_job(JobType.EMAIL, sender="a@example.com")
    people = [NewRecipient("ann@example.com"), NewRecipient("bob@example.com")]
    job_id = form.db.call(accept_job, form.login, new, people, POLICY)
    key = form.db.call(ensure_link_key)
    tokens = [
        unsubscribe_url("", key, id_).rpartition("/")[2] for (id_,) in rows(form.db, job_id, "id")
    ]
    for token in tokens:
        form.db.call(choose_preferences, token, [])
    assert not form.consented("ann@example.com")
    node.clock.now += 1000
    for token in [*tokens, *tokens]:
        form.db.call(choose_preferences, token, [Medium.EMAIL])
    assert form.consented("ann@example.com")
    assert not form.consented("bob@example.com")  # never did
    former, now = form.office.call(list_consents_of, "ann@example.com")
    assert (now.source, now.given_at, now.text) == ("preferences", node.clock.now, former.text)
    assert not form.consented("61412345678", Channel.SMS)  # the link is the mail's


def empty(form, node) -> str:
    """A mailing to Ann, emptied as old ones are; the token of its link."""
    new = new_job(JobType.EMAIL, sender="a@example.com")
    job_id = form.db.call(accept_job, form.login, new, [NewRecipient("Ann@example.com")], POLICY)
    answer(form.db, claim_all(form.db, "email"), Accepted(is_final=True))
    [(id_,)] = rows(form.db, job_id, "id")
    form.office.act(set_message_retention, 30)
    node.clock.now += 31 * DAY_MS
    run_all(form.db)
    assert "example" not in rows(form.db, job_id, "address")[0][0]
    return unsubscribe_url("", form.db.call(ensure_link_key), id_).rpartition("/")[2]


def test_the_link_of_an_emptied_mailing_withdraws_too(own_node, monkeypatch):
    monkeypatch.setattr("turnout.core.messaging.opt_outs._PAGE", 1)
    form = Form(own_node)
    for name in ("aaron", "ann", "zoe"):
        form.register(name)
    token = empty(form, own_node)
    form.db.call(opt_out_by_link, token)
    [gone] = form.office.call(list_opt_outs, 9)
    assert gone.is_erased
    form.office.call(remove_opt_out, Medium.EMAIL, "ann@example.com", actor="test")
    assert form.send("ann@example.com", "zoe@example.com", is_consented_only=True) == [
        "OPTO",
        "SENT",
    ]
    assert form.consented("aaron@example.com")
    assert form.consented("61412345678", Channel.SMS)


def test_whose_mail_is_allowed_again_behind_an_old_link_consents_again(own_node):
    form = Form(own_node)
    form.register("ann")
    token = empty(form, own_node)
    form.db.call(choose_preferences, token, [])
    assert not form.consented("ann@example.com")
    form.db.call(choose_preferences, token, [Medium.EMAIL])
    assert form.consented("ann@example.com")
    assert form.send("ann@example.com", is_consented_only=True) == ["SENT"]


def test_a_link_withdraws_what_was_consented_to_since_the_opt_out(own_node):
    form = Form(own_node)
    form.register("ann")
    token = empty(form, own_node)
    form.office.call(add_opt_out, Medium.EMAIL, "ann@example.com", actor="test")
    form.register("ann")
    assert form.db.call(opt_out_by_link, token)[1] is False
    form.office.call(remove_opt_out, Medium.EMAIL, "ann@example.com", actor="test")
    assert not form.consented("ann@example.com")


def test_behind_an_old_link_an_opt_out_by_plain_address_is_seen_and_can_be_ended(
    own_node, monkeypatch
):
    monkeypatch.setattr("turnout.core.messaging.opt_outs._PAGE", 1)
    form = Form(own_node)
    token = empty(form, own_node)
    for name in ("aaron", "ann", "zoe"):
        form.office.call(add_opt_out, Medium.EMAIL, f"{name}@example.com", actor="test")
    _, [own] = form.db.call(list_preferences, token)
    assert not own.is_allowed
    assert form.db.call(opt_out_by_link, token)[1] is False
    form.db.call(choose_preferences, token, [])
    assert [known.address for known in form.office.call(list_opt_outs, 9)] == [
        "aaron@example.com",
        "ann@example.com",
        "zoe@example.com",
    ]
    form.db.call(choose_preferences, token, [Medium.EMAIL])
    assert [known.address for known in form.office.call(list_opt_outs, 9)] == [
        "aaron@example.com",
        "zoe@example.com",
    ]
    _, [own] = form.db.call(list_preferences, token)
    assert own.is_allowed


def test_a_consent_that_follows_an_opt_out_has_no_effect(form):
    form.register("ann")
    form.register("bob")
    assert form.office.call(find_refused, form.all()) == set()
    form.office.call(add_opt_out, Medium.EMAIL, "ann@example.com", actor="test")
    assert form.office.call(find_refused, form.all()) == set()  # withdrawn
    form.register("ann")
    [refused] = form.office.call(find_refused, form.all())
    [known] = [one for one in form.all() if one.id == refused]
    assert (known.medium, known.address) == (Medium.EMAIL, "ann@example.com")
    form.office.call(remove_opt_out, Medium.EMAIL, "ann@example.com", actor="test")
    assert form.office.call(find_refused, form.all()) == set()
