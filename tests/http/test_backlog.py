"""Back-pressure of a queue."""

import pytest

from tests.support.node import Account, LocalNode
from turnout.core.registrations.intake import count_waiting
from turnout.errors import Unavailable
from turnout.http import metrics
from turnout.http.backlog import RETRY_AFTER_S, Backlog


def test_a_queue_takes_up_to_its_limit():
    backlog = Backlog("test", 3)
    for waiting in (0, 1, 2):
        backlog.counted(waiting)
        backlog.admit()
    for waiting in (3, 4):
        backlog.counted(waiting)
        with pytest.raises(Unavailable) as refusal:
            backlog.admit()
        assert refusal.value.retry_after == RETRY_AFTER_S
    backlog.counted(2)
    backlog.admit()


def test_it_asks_to_be_counted_while_it_is_fed():
    backlog = Backlog("test", 3)
    fed = [backlog.fed]
    backlog.counted(0)
    fed.append(backlog.fed)
    backlog.admit()
    fed.append(backlog.fed)
    backlog.counted(1)
    fed.append(backlog.fed)
    assert fed == [True, False, True, True]


def test_the_metrics_say_how_many_wait():
    Backlog("a-queue", 3).counted(2)
    assert 'turnout_queue_waiting{queue="a-queue"} 2.0' in metrics.render().decode()


def test_a_full_queue_is_open_again_once_it_was_processed(node: LocalNode, account: Account):
    backlog = Backlog("intake", 2)
    for number in range(2):
        backlog.admit()
        body = account.body(f"guest{number}@example.com")
        answer = node.client.request("PUT", "/v1.0/register", headers=account.headers, json=body)
        assert answer.status == 200
    backlog.counted(node.db.call(count_waiting, backlog.limit))
    with pytest.raises(Unavailable, match="2 entries wait"):
        backlog.admit()

    assert node.run_intake() == 2
    backlog.counted(node.db.call(count_waiting, backlog.limit))
    backlog.admit()
