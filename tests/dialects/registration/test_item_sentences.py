"""What /registerstatus says of a failed item: by its code, or as an older Turnout kept it."""

from typing import Any

import pytest

from tests.dialects.registration.requests import event_body, query_status, register
from tests.support.node import Account, LocalNode
from turnout.core.ids import QueueItemId
from turnout.core.registrations.submissions import ItemStatus, QueueItem
from turnout.dialects.registration.errors import sentence_of_item

PAK = "1" * 16


def failed(code: str | None = None, message: str | None = None, **facts: Any) -> QueueItem:
    return QueueItem(
        QueueItemId(7), PAK, ItemStatus.FAILED, "ada@example.com", None, code, facts, message
    )


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (failed("session.full"), "The session is full."),
        (failed("tickets.sold_out"), "Tickets are sold out."),
        (
            failed("ticket_type.person_full", name="Hall", limit=1),
            "One person may have up to 1 of the ticket type 'Hall', with the guests of their "
            "party. Choose another ticket type, or cancel one of theirs first.",
        ),
        # As an older Turnout kept it.
        (failed("ticket_type.limit", limit=1), "One person may have up to 1 of this ticket type."),
        (failed("session.not_of_event", pak="7"), "Session 7 does not exist in this event."),
        (
            failed("answer.not_choice", question="Diet", choices=["vegan", "no pork"]),
            "'Diet' takes one of its choices: vegan, no pork.",
        ),
        (failed(message="Kept as it was."), "Kept as it was."),
        (QueueItem(QueueItemId(7), PAK, ItemStatus.QUEUED, "ada@example.com"), None),
    ],
)
def test_a_failed_item_has_the_contracts_sentence(item: QueueItem, sentence: str | None) -> None:
    assert sentence_of_item(item) == sentence


def test_an_item_that_an_older_turnout_decided_keeps_its_sentence(
    node: LocalNode, account: Account
) -> None:
    body = event_body(account, [PAK, "2" * 16])
    sessions = register(account, body).send(node).json()["registration"]["sessions"]
    node.run_intake()
    ids = [session["queueId"] for session in sessions]
    statement = (
        "UPDATE queue_items SET code = NULL, facts = NULL, message = 'The hall is full.' "
        f"WHERE id = {ids[0]}"
    )
    node.db.call(lambda tx: tx.connection.execute(statement) and None)
    query = f"queueId={ids[0]},{ids[1]}"
    answer = query_status(account, query).send(node).json()
    assert [result["message"] for result in answer["checkResults"]] == [
        "The hall is full.",
        f"Session {'2' * 16} does not exist in this event.",
    ]
