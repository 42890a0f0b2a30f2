"""What a job would do is what it then does; looking changes nothing."""

import pytest

from tests.core.messaging.jobs import (
    NUMBERS,
    POLICY,
    answer,
    claim_all,
    job,
    make_login,
    new_job,
    post,
    rows,
)
from turnout.core.identity.members import require_member
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.controlling import pause_job
from turnout.core.messaging.credit import add_credit, end_credit
from turnout.core.messaging.dry_runs import DryRun, preview_job, preview_new
from turnout.core.messaging.lists import Entry, add_entries, begin_list, finish_list
from turnout.core.messaging.model import (
    Content,
    JobOptions,
    JobType,
    Medium,
    NewRecipient,
    Purpose,
)
from turnout.core.messaging.opt_outs import add_opt_out
from turnout.core.messaging.outcomes import Accepted
from turnout.core.messaging.parts import Alphabet
from turnout.core.messaging.suppression import Reason, add_suppression, suppress
from turnout.core.times import local
from turnout.errors import Invalid, Missing


def nobody(*_):
    return [], ""


def look(db, login, new, people, number=1) -> DryRun:
    member = db.look(require_member, login)
    return db.look(preview_new, member, new, people, POLICY, nobody, number=number)


def test_those_who_would_be_left_out_are_counted_with_the_reason(db, login, org_id):
    db.call(add_opt_out, org_id, Medium.SMS, NUMBERS[1], actor="test")
    new = new_job(is_deduped=True, content=Content(text="x" * 161))
    people = [
        *(NewRecipient(number) for number in NUMBERS[:3]),
        NewRecipient("+61 (0)412 340 002"),  # again
        NewRecipient("12"),
        NewRecipient("0412 340 009"),  # of no country
    ]
    run = look(db, login, new, people)
    assert (run.asked, run.recipients, run.parts, run.micros) == (6, 2, 4, 320_000)
    assert run.left_out == {"duplicate": 1, "opted out": 1, "no valid address": 2}


def test_the_first_who_gets_it_is_the_sample_and_some_others_are_named(db, login):
    people = [*(NewRecipient("12", name=f"Nobody {n}") for n in range(7)), NewRecipient(NUMBERS[3])]
    run = look(db, login, new_job(), people, number=0)
    assert run.sample
    assert (run.number, run.sample.recipient, run.sample.left_out) == (8, people[7], "")
    assert run.named == {"no valid address": [f"Nobody {n}" for n in range(5)]}
    run = look(db, login, new_job(), people[:7], number=0)
    assert run.sample
    assert (run.number, run.sample.recipient) == (1, people[0])
    assert run.sample.left_out == "no valid address"


def test_what_is_reckoned_is_what_is_sent(db, login, org_id):
    db.call(add_opt_out, org_id, Medium.SMS, NUMBERS[1], actor="test")
    new = new_job(is_deduped=True, content=Content(text="Hi %%Name%% {%%x%%}"))
    people = [
        NewRecipient(number, name="n", fields={"Name": "ы" * n, "x": "^" * n})
        for n, number in enumerate([*NUMBERS[:60], *NUMBERS[:3]])
    ]
    run = look(db, login, new, people)
    assert (
        db.look(
            lambda tx: tx.connection.execute(
                f"SELECT count(*) FROM jobs WHERE org_id = {org_id}"
            ).fetchone()[0]
        )
    ) == 0  # nothing was written
    job_id = db.call(accept_job, login, new, people, POLICY)
    while claimed := claim_all(db):
        answer(db, claimed, Accepted(is_final=True, parts=255))
    cost, sent, total = job(db, job_id, "cost_micros", "sent", "total")
    assert (run.micros, run.recipients) == (cost, sent)
    assert run.left_out == {"duplicate": 3, "opted out": 1}
    assert total == 60


def test_the_character_that_forces_unicode_is_shown(db, login):
    new = new_job(content=Content(text="Hello %%name%%!"))
    people = [
        NewRecipient(NUMBERS[0], fields={"name": "Ann"}),
        NewRecipient(NUMBERS[1], fields={"name": "Zoë 🎟"}),
        NewRecipient(NUMBERS[2], fields={"name": "Łuk"}),
    ]
    run = look(db, login, new, people)
    assert run.unicode == 2
    assert run.unicode_sample is not None
    assert run.unicode_sample.recipient == people[1]
    assert run.unicode_sample.alphabet == Alphabet("Unicode", "ë", 8)
    assert run.sample is not None
    assert run.sample.alphabet == Alphabet("GSM", "", None)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_any_recipient_is_shown_with_what_is_merged(db, login, number):
    people = [NewRecipient(NUMBERS[n], f"r{n}", f"N{n}", {"X": str(n)}) for n in (0, 1)]
    run = look(db, login, new_job(), people, number)
    if number == 3:
        assert run.sample is None
        return
    assert run.sample is not None
    n = number - 1
    assert run.sample.fields == {"reference": f"r{n}", "recipient": f"N{n}", "x": str(n)}
    assert (run.sample.address, run.sample.left_out) == (NUMBERS[n][1:], "")
    assert (run.sample.parts, run.sample.micros) == (1, 80_000)


def test_merge_fields_that_nobody_has_are_named(db, login):
    new = new_job(content=Content(text="%%one%% %%Two%% %%recipient%% %%three%%"))
    people = [NewRecipient(NUMBERS[0], fields={"ONE": "1"}), NewRecipient(NUMBERS[1])]
    assert look(db, login, new, people).unknown == ["three", "two"]


def test_suppression_and_purpose_count_as_they_do_when_sending(db, login, org_id):
    db.call(suppress, org_id, "gone@example.com", Reason.BOUNCE)
    db.call(add_suppression, org_id, "angry@example.com", actor="test")
    db.call(add_opt_out, org_id, Medium.EMAIL, "off@example.com", actor="test")
    people = [NewRecipient(f"{name}@example.com") for name in ("gone", "angry", "off", "ann")]
    marketing = look(db, login, new_job(JobType.EMAIL), people)
    assert marketing.left_out == {"suppressed": 2, "opted out": 1}
    options = JobOptions(purpose=Purpose.SERVICE)
    service = look(db, login, new_job(JobType.EMAIL, options=options), people)
    assert service.left_out == {"suppressed": 1}


def test_a_text_that_becomes_too_long_is_left_out(db, login):
    new = new_job(content=Content(text="Hi" + "%%x%%" * 20))
    people = [NewRecipient(NUMBERS[n], fields={"x": "y" * 1000 * n}) for n in (0, 1)]
    run = look(db, login, new, people, 2)
    assert run.left_out == {"text too long": 1}
    assert run.sample is not None
    assert (run.sample.left_out, run.sample.parts) == ("text too long", 0)


def test_lists_are_read_as_they_are_now(db, login, org_id):
    list_id = db.call(begin_list, org_id, login.user_id, "many")
    entries = [Entry(mobile=number) for number in NUMBERS[:700]]
    db.call(add_entries, org_id, list_id, 1, entries)
    db.call(finish_list, org_id, list_id, 700, actor="test")
    new = new_job(list_ids=(str(list_id),), scheduled_local="2027-06-01T09:00:00")
    assert look(db, login, new, []).recipients == 700
    job_id = db.call(accept_job, login, new, [], POLICY)
    run = db.look(preview_job, org_id, job_id, POLICY, nobody, number=700)
    assert run.recipients == 700
    assert run.sample is not None
    assert run.sample.address == NUMBERS[699][1:]


def test_an_accepted_job_is_shown_as_far_as_it_waits(db, login, org_id):
    people = [NewRecipient(number, "r", "n", {"x": "1"}) for number in NUMBERS[:3]]
    job_id = db.call(accept_job, login, new_job(), people, POLICY)
    claimed = claim_all(db, limit=1)
    db.call(pause_job, org_id, job_id, actor="test")
    before = rows(db, job_id, "*")
    run = db.look(preview_job, org_id, job_id, POLICY, nobody)
    assert (run.asked, run.recipients, run.micros) == (2, 2, 160_000)
    assert run.sample is not None
    assert run.sample.fields == {"reference": "r", "recipient": "n", "x": "1"}
    assert rows(db, job_id, "*") == before
    del claimed
    with pytest.raises(Missing):
        db.look(preview_job, org_id, 7, POLICY, nobody)


def test_a_job_whose_cut_off_is_over_sends_nothing(db, login, node):
    now = local(node.clock(), "UTC").strftime("%H:%M")  # begun, so it is over
    over = new_job(options=JobOptions(cutoff_hour=now))
    run = look(db, login, over, [NewRecipient(number) for number in NUMBERS[:2]])
    assert (run.recipients, run.micros, run.left_out) == (0, 0, {"cut-off hour over": 2})
    tomorrow = local(node.clock() + 86_400_000, "UTC").strftime("%Y-%m-%dT00:00:00")
    ahead = new_job(options=over.options, scheduled_local=tomorrow)
    run = look(db, login, ahead, [NewRecipient(NUMBERS[0])])
    assert run.recipients == (now != "00:00")
    job_id = post(db, login, over, NUMBERS[:2])
    run = db.look(preview_job, login.org_id, job_id, POLICY, nobody)
    assert (run.recipients, run.micros, run.left_out) == (0, 0, {"cut-off hour over": 2})


def test_a_job_beyond_the_credit_or_the_limit_is_refused_as_when_it_is_posted(db, org_id):
    login = db.call(make_login, org_id, f"au/foreseen-{db.backend}", monthly_limit=1)
    people = [NewRecipient(number) for number in NUMBERS[:13]]
    assert look(db, login, new_job(), people[:12]).refusal == ""
    assert look(db, login, new_job(), people).refusal == "limit.exceeded"
    db.call(add_credit, org_id, 80_000, "", actor="test")
    assert look(db, login, new_job(), people[:1]).refusal == ""
    assert look(db, login, new_job(), people[:2]).refusal == "credit.exhausted"
    with pytest.raises(Invalid, match="prepaid credit does not cover"):
        post(db, login, new_job(), NUMBERS[:2])
    post(db, login, new_job(), NUMBERS[:1])
    assert look(db, login, new_job(), people[:1]).refusal == "credit.exhausted"
    db.call(end_credit, org_id, actor="test")
    assert look(db, login, new_job(), people[:12]).refusal == "limit.exceeded"


def test_controls_are_dropped_from_an_sms_before_it_is_reckoned(db, login):
    new = new_job(content=Content(text="A\x07\x1b[2JB\tC\r\nD %%x%%"))
    people = [NewRecipient(NUMBERS[0], fields={"x": "\x07" * 30 + "y" * 140 + "\x9b\t"})]
    run = look(db, login, new, people)
    assert run.head.content.text == "A[2JB C\nD %%x%%"
    assert (run.parts, run.unicode, run.micros) == (1, 0, 80_000)
    assert run.sample is not None
    assert run.sample.fields["x"] == "y" * 140 + " "
    job_id = db.call(accept_job, login, new, people, POLICY)
    assert rows(db, job_id, "quote_micros") == [(80_000,)]
    [claimed] = claim_all(db)
    assert claimed.head.content.text == run.head.content.text
