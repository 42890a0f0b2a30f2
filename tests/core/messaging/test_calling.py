"""Whom an organization may call: jobs, redirects, codes, and the money of an hour."""

import itertools

import pytest

from tests.core.messaging.jobs import (
    LEASE_MS,
    NUMBERS,
    answer,
    make_login,
    new_job,
    post,
    rows,
)
from tests.support.builder import Builder
from turnout.core.audit.recording import list_entries
from turnout.core.identity.model import Principal
from turnout.core.messaging.accepting import Policy
from turnout.core.messaging.alerts import list_alerts
from turnout.core.messaging.calling import (
    WAITS,
    Calling,
    get_calling,
    list_stopped,
    next_hour,
    set_calling,
)
from turnout.core.messaging.delivering import ClaimedJob, claim
from turnout.core.messaging.fence import FENCED, Fence
from turnout.core.messaging.model import URGENT, Content, JobType, KeyResponse, Status
from turnout.core.messaging.outcomes import Accepted, Lapsed, Misconfigured, Rejected, Retry
from turnout.core.messaging.prices import Prices
from turnout.core.verification.codes import CodeRequest, send_code
from turnout.errors import Invalid
from turnout.store import Tx

_names = itertools.count(1)
HOUR_S = 3600
TAKEN = Accepted(("n1",), 1)


@pytest.fixture
def firm(db):
    """An organization in Australia."""
    name = f"calling{next(_names)}-{db.backend}"
    return db.call(lambda tx: Builder(tx, name, timezone="Australia/Melbourne").org_id)


@pytest.fixture
def jo(db, firm) -> Principal:
    return db.call(make_login, firm, f"au/calling{next(_names)}-{db.backend}")


def claim_by(db, fence: Fence, lane: str = "tts") -> list[ClaimedJob]:
    return db.call(claim, lane, 1000, LEASE_MS, fence=fence)


def outcomes(db, job_id) -> list[tuple[str, str]]:
    return [(status, notes) for status, notes in rows(db, job_id, "status", "notes")]


@pytest.mark.parametrize("job_type", [JobType.TTS, JobType.TWO_WAY_TTS, JobType.VOICE, JobType.FAX])
def test_what_may_not_be_called_ends_barred(db, jo, job_type) -> None:
    to = ["0412 345 678", "1900 123 456", "000", "+33677680275", "+123456789"]
    job_id = post(db, jo, new_job(job_type), to)
    [claimed] = claim_by(db, Fence(), job_type.channel.value)
    # What no plan knows is the worker's to refuse, as invalid.
    assert [one.address for one in claimed.recipients] == ["61412345678", "123456789"]
    assert outcomes(db, job_id)[1:4] == [
        ("BARR", "Not called: +611900123456 is a premium-rate number."),
        ("BARR", "Not called: 000 is an emergency or short number."),
        ("BARR", "Not called: +33677680275 is in FR, and the organization may not call there."),
    ]


def test_texts_are_not_fenced(db, jo) -> None:
    post(db, jo, new_job(JobType.SMS), ["+33677680275"])
    assert len(claim_by(db, Fence(), "sms")) == 1


def test_other_countries_may_be_allowed(db, firm, jo) -> None:
    db.call(set_calling, firm, ["fr", "AU"], None, actor="test")
    post(db, jo, new_job(JobType.TTS), ["+33677680275", "0412345678"])
    [claimed] = claim_by(db, Fence())
    assert len(claimed.recipients) == 2
    db.call(set_calling, firm, ["FR"], None, actor="test")
    job_id = post(db, jo, new_job(JobType.TTS), ["0412345678"])
    assert claim_by(db, Fence()) == []
    assert outcomes(db, job_id)[0][0] == "BARR"


def test_without_a_country_only_the_simulator_calls(db) -> None:
    org_id = db.call(lambda tx: Builder(tx, f"nowhere{next(_names)}-{db.backend}").org_id)
    login = db.call(make_login, org_id, f"au/nowhere{next(_names)}-{db.backend}")
    post(db, login, new_job(JobType.TTS), ["+61412345678"])
    assert len(claim_by(db, Fence(simulated=FENCED))) == 1
    barred = post(db, login, new_job(JobType.TTS), ["+61412345678"])
    assert claim_by(db, Fence()) == []
    assert outcomes(db, barred)[0][0] == "BARR"


def two_way(redirect_to: str):
    keys = (KeyResponse("1", "One moment."), KeyResponse("2", redirect_to=redirect_to))
    return new_job(JobType.TWO_WAY_TTS, content=Content(text="Press 2.", keys=keys))


@pytest.mark.parametrize(
    ("redirect_to", "fault"),
    [
        ("1900 123 456", "+611900123456 is a premium-rate number"),
        ("+870773111632", "+870773111632 is a number of a satellite or another network without a"),
        ("+64 3 345 6789", "+6433456789 is in NZ, and the organization may not call there"),
        ("6987654321", "+6987654321 is a number that no numbering plan knows"),
    ],
)
def test_a_redirect_that_is_not_allowed_stops_the_job(db, jo, redirect_to, fault) -> None:
    job_id = post(db, jo, two_way(redirect_to), NUMBERS[:2])
    assert claim_by(db, Fence()) == []
    for status, notes in outcomes(db, job_id):
        assert status == "BARR"
        assert notes.startswith(f"Not called: key 2 leads to {redirect_to}, and {fault}")


def test_a_redirect_goes_to_agents_and_allowed_countries(db, firm, jo) -> None:
    db.call(set_calling, firm, None, ["+64 3 345 6789", " ", "03 9123 4567"], actor="test")
    assert db.call(get_calling, firm) == Calling((), ("61391234567", "6433456789"), "AU")
    for redirect_to in ("+64 3 345 6789", "0298765432"):
        post(db, jo, two_way(redirect_to), NUMBERS[:1])
    assert len(claim_by(db, Fence())) == 2


def test_what_is_set_is_judged_and_audited(db, firm) -> None:
    with pytest.raises(Invalid, match="XX"):
        db.call(set_calling, firm, ["XX"], None, actor="test")
    for number in ("1900 123 456", "+61147123456"):
        with pytest.raises(Invalid) as refused:
            db.call(set_calling, firm, None, [number], actor="test")
        assert refused.value.code == "calling.barred"
    for number in ("112", "6987654321", "agent"):
        with pytest.raises(Invalid) as refused:
            db.call(set_calling, firm, None, [number], actor="test")
        assert refused.value.code == "calling.agent"
    db.call(set_calling, firm, ["NZ"], ["+6433456789"], actor="jo")
    [entry] = [
        one for one in db.call(list_entries, firm, "organization", firm) if one.actor == "jo"
    ]
    assert entry.facts["fields"] == ["call_countries", "call_agents"]


def send_tts_code(tx: Tx, login: Principal, to: str, spending_per_hour: int = 0) -> None:
    asked = CodeRequest(f"c{next(_names)}", JobType.TTS, to, "Your code is [[code]]", "")
    numbers, mail_from = ("61400000100",), "x@turnout.test"
    fence = Fence(spending_per_hour=spending_per_hour)
    policy = Policy(Prices("tts=60"), numbers, mail_from, fence=fence)
    send_code(tx, login, asked, policy)


def test_codes_are_fenced_too(db, jo) -> None:
    for number in ("611900123456", "+61987654321", "+33677680275"):
        with pytest.raises(Invalid) as refused:
            db.call(send_tts_code, jo, number)
        assert refused.value.code == "calling.barred"
    db.call(send_tts_code, jo, "61412345678")
    claimed = claim_by(db, Fence(), URGENT)
    assert [one.address for share in claimed for one in share.recipients] == ["61412345678"]


def counted(db, firm) -> list[int]:
    return db.call(
        lambda tx: [
            micros
            for (micros,) in tx.connection.execute(
                f"SELECT micros FROM call_hours WHERE org_id = {firm} ORDER BY hour"
            ).fetchall()
        ]
    )


def test_an_hour_has_so_much_money(node, db, firm, jo) -> None:
    fence = Fence(spending_per_hour=1)  # five calls of 0.20
    job_id = post(db, jo, new_job(JobType.TTS), NUMBERS[:8])
    [claimed] = claim_by(db, fence)
    assert len(claimed.recipients) == 5
    assert counted(db, firm) == [1_000_000]
    at = next_hour(db.clock())
    assert rows(db, job_id, "status", "state", "due_at")[5:] == [("QUED", "waiting", at)] * 3
    assert rows(db, job_id, "notes")[4:] == [("",), *[(WAITS,)] * 3]
    [alert] = db.call(list_alerts, firm, 5)
    assert alert.text == (
        "Calls and faxes of this hour cost as much as they may (1): 3 calls wait for the next hour."
    )
    assert len(db.call(list_stopped, fence)) == 1
    answer(db, [claimed], TAKEN)
    assert claim_by(db, fence) == []
    node.clock.advance(HOUR_S)
    assert [len(share.recipients) for share in claim_by(db, fence)] == [3]
    assert db.call(list_stopped, fence) == []
    assert counted(db, firm) == [1_000_000, 600_000]


@pytest.mark.parametrize(
    ("outcome", "left"),
    [
        (Lapsed(), 0),
        (Misconfigured("no"), 0),
        (Retry(9, "busy"), 0),
        (Rejected(Status.BUSY, "no"), 0),
        (TAKEN, 400_000),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_not_called_is_given_back(db, firm, jo, outcome, left) -> None:
    post(db, jo, new_job(JobType.TTS), NUMBERS[:2])
    answer(db, claim_by(db, Fence(spending_per_hour=1)), outcome)
    assert counted(db, firm) == [left]


def test_a_code_does_not_wait_for_the_next_hour(db, firm, jo) -> None:
    for _ in range(2):
        db.call(send_tts_code, jo, "61412345678")
    assert len(claim_by(db, Fence(spending_per_hour=100), URGENT)) == 1
    found = db.call(
        lambda tx: tx.connection.execute(
            f"SELECT notes FROM recipients WHERE org_id = {firm} AND status = 'BARR'"
        ).fetchall()
    )
    assert [notes for (notes,) in found] == [
        "Not called: the organization's calls of this hour cost as much as they may."
    ]


def test_a_code_that_an_hour_has_no_money_for_is_refused(db, jo) -> None:
    db.call(send_tts_code, jo, "61412345678", spending_per_hour=100)
    assert len(claim_by(db, Fence(spending_per_hour=100), URGENT)) == 1
    with pytest.raises(Invalid) as refused:
        db.call(send_tts_code, jo, "61412345678", spending_per_hour=100)
    assert refused.value.code == "calling.over"


def test_codes_that_nobody_has_called_yet_count_for_the_hour(db, jo) -> None:
    db.call(send_tts_code, jo, "61412345678", spending_per_hour=100)
    with pytest.raises(Invalid) as refused:
        db.call(send_tts_code, jo, "61412345678", spending_per_hour=100)
    assert refused.value.code == "calling.over"
    assert len(claim_by(db, Fence(spending_per_hour=100), URGENT)) == 1


def test_old_hours_are_forgotten(node, db, firm, jo) -> None:
    for _ in range(3):
        post(db, jo, new_job(JobType.TTS), NUMBERS[:1])
        claim_by(db, Fence(spending_per_hour=1))
        node.clock.advance(30 * HOUR_S)
    assert len(counted(db, firm)) == 2
