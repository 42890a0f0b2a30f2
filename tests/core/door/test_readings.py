"""What a scanner may have meant: the readings that are tickets."""

import pytest

from tests.core.door.hall import Hall
from turnout.core.door.readings import find_known
from turnout.core.tickets.signing import ensure_ticket_key, sign_ticket
from turnout.store import Tx


@pytest.fixture
def codes(hall: Hall) -> list[str]:
    return hall.guests("ann@example.com", "bo@example.com")


def test_the_reading_that_is_a_ticket_is_known(hall: Hall, codes: list[str]) -> None:
    one, two = codes
    phone = hall.device("Door 1")

    def known(*readings: str) -> list[int]:
        return hall.db.call(find_known, *phone, readings)

    assert known("nothing", one.lower(), "ZY") == [1]
    assert known("nothing", "of ours") == []
    # Two tickets are both told; two spellings of one are one.
    assert known(two, one) == [0, 1]
    assert known(f"-{one}-", one) == [0]


def test_a_forged_reading_is_not_known(hall: Hall, codes: list[str]) -> None:
    phone = hall.device("Door 1")

    def sign(tx: Tx) -> str:
        org_id, event_id = phone[0].org_id, phone[1].event_id
        (type_id,) = tx.connection.execute("SELECT ticket_type_id FROM tickets").fetchall()[0]
        return sign_ticket(ensure_ticket_key(tx, org_id), event_id, codes[0], type_id)

    good = hall.db.call(sign)
    forged = good[:-4] + ("AAAA" if not good.endswith("AAAA") else "BBBB")
    assert hall.db.call(find_known, *phone, [forged, good]) == [1]


def test_a_cancelled_ticket_is_known(hall: Hall, codes: list[str]) -> None:
    phone = hall.device("Door 1")
    hall.db.call(lambda tx: tx.connection.execute("UPDATE tickets SET state = 'cancelled'"))
    assert hall.db.call(find_known, *phone, ["YZ", codes[0]]) == [1]
