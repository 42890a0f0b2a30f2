"""What messages cost, and the month's limit."""

import pytest

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, job, make_login, new_job, post
from turnout.core.messaging.controlling import cancel_job
from turnout.core.messaging.model import Channel, Content, JobType, Status
from turnout.core.messaging.outcomes import Accepted, Rejected
from turnout.core.messaging.prices import Prices, UnreadablePriceError
from turnout.errors import Invalid

SENT = Accepted((), 1, is_final=True)


def test_the_longest_prefix_wins_and_what_is_not_named_is_free():
    prices = Prices("sms=0.08 sms:44=0.06 sms:4479=0.05 fax:+61=1.5")
    micros = [
        prices.price_micros(Channel.SMS, number) for number in ("61", "4477", "4479", "447912")
    ]
    assert micros == [80_000, 60_000, 50_000, 50_000]
    assert prices.price_micros(Channel.FAX, "6129") == 1_500_000
    assert prices.price_micros(Channel.FAX, "49") == 0
    assert prices.price_micros(Channel.EMAIL, "a@example.com") == 0
    assert Prices("").price_micros(Channel.SMS, "61") == 0


@pytest.mark.parametrize("entry", ["sms", "sms=", "sms=-1", "pigeon=1", "sms=x", "sms=nan"])
def test_an_entry_that_cannot_be_read_is_named(entry):
    with pytest.raises(UnreadablePriceError) as refusal:
        Prices(f"email=0.1 {entry}")
    assert refusal.value.entry == entry


def spent(db, login) -> int:
    return db.call(
        lambda tx: tx.connection.execute(
            f"SELECT spent_micros FROM spending WHERE user_id = {login.user_id} ORDER BY month DESC"
        ).fetchone()[0]
    )


def test_what_was_reserved_becomes_what_it_cost(db, login):
    post(db, login, new_job(), NUMBERS[:3])
    assert spent(db, login) == 240_000
    refused = Rejected(Status.BLOCKED, "no")
    answer(db, claim_all(db), SENT, refused, Accepted((), 2, is_final=True))
    assert spent(db, login) == 240_000  # one free, one double
    post(db, login, new_job(), NUMBERS[:2])
    answer(db, claim_all(db), refused)
    assert spent(db, login) == 240_000


def test_a_long_text_is_reserved_for_all_its_parts(db, login):
    post(db, login, new_job(content=Content(text="x" * 161)), NUMBERS[:1])
    assert spent(db, login) == 160_000
    post(db, login, new_job(content=Content(text="x" * 307)), NUMBERS[:1])
    assert spent(db, login) == 400_000


def test_what_is_cancelled_is_given_back(db, login):
    job_id = post(db, login, new_job(), NUMBERS[:3])
    db.call(cancel_job, login.org_id, job_id, actor="test")
    claim_all(db)
    assert job(db, job_id, "state", "cost_micros", "reserved_micros") == ("closed", 0, 0)
    assert spent(db, login) == 0


def test_the_months_limit_holds_and_ends_with_the_month(db, org_id, node):
    login = db.call(make_login, org_id, f"limited-{db.backend}", monthly_limit=1)
    fax = new_job(JobType.FAX)
    for _ in range(3):
        post(db, login, fax, ["61298765432"])  # 0.3 each
    with pytest.raises(Invalid, match="The limit of messages for this month is reached"):
        post(db, login, fax, ["61298765432"])
    assert spent(db, login) == 900_000
    post(db, login, new_job(JobType.EMAIL), ["a@example.com"] * 10)  # exactly what is left
    with pytest.raises(Invalid):
        post(db, login, new_job(JobType.EMAIL), ["a@example.com"])
    node.clock.advance(32 * 24 * 3600)
    post(db, login, fax, ["61298765432"])
    assert spent(db, login) == 300_000
