"""The contract's samples, to the letter: member names, their order, types and messages."""

from dataclasses import replace

from tests.dialects.registration import samples
from tests.dialects.registration.cases.signin import by_header
from tests.dialects.registration.requests import ask_status, register
from tests.support.node import Account, LocalNode


def paks(account: Account) -> list[str]:
    return [session.pak for session in account.sessions]


def test_signin(node: LocalNode, account: Account):
    answer = by_header(account.api_key).send(node)

    sample = samples.with_real_paks(samples.SIGNIN_ANSWER, list(samples.SESSION_PAKS))
    assert answer.body.decode() == sample.replace("eyJraWQiOiIxMUR4", answer.json()["idToken"])


def test_register_for_an_event(node: LocalNode, account: Account):
    body = samples.register_body(samples.EVENT_BODY, account.event.pak, paks(account))
    answer = register(account, body.encode()).send(node)

    assert answer.status == 200
    assert answer.body.decode() == samples.with_real_paks(samples.REGISTER_ANSWER, paks(account))


def test_register_for_a_channel(node: LocalNode, account: Account):
    session = node.add_session(account.org_id, account.event, "Encore")
    node.add_to_channel(account.org_id, account.channel, account.event)
    chosen = [session.pak, *(channel_session.pak for channel_session in account.channel_sessions)]
    body = samples.register_body(samples.CHANNEL_BODY, account.channel.pak, chosen)
    answer = register(account, body.encode()).send(node)

    assert answer.status == 200
    assert answer.body.decode() == samples.with_real_paks(samples.REGISTER_ANSWER, chosen)


def test_register_status(node: LocalNode, account: Account):
    """Two sessions are decided, the third came later and waits."""
    chosen = paks(account)
    for part in (chosen[:2], chosen[2:]):
        body = samples.register_body(samples.EVENT_BODY, account.event.pak, part)
        assert register(account, body.encode()).send(node).status == 200
        if part == chosen[:2]:
            node.run_intake()
    answer = ask_status(account, samples.STATUS_BODY.encode()).send(node)

    assert answer.status == 200
    sample = samples.with_real_paks(samples.STATUS_ANSWER, chosen)
    assert answer.body.decode() == sample.replace("4566", "1")


def test_every_answer_is_json(node: LocalNode, account: Account):
    body = samples.register_body(samples.EVENT_BODY, account.event.pak, paks(account))
    request = register(account, body.encode())
    answers = [request.send(node), replace(request, target="/v1.0/").send(node)]
    assert [answer.headers["content-type"] for answer in answers] == ["application/json"] * 2
