"""A signed code is verified once, by a reader: the writer, for which all doors wait, never is."""

from tests.dialects.attendance.hall import KEY, Hall
from turnout.core.tickets import signing


def check(hall: Hall, name: str) -> int:
    target = f"/v1/event/attendees/code/{{{name}}}/check.json"
    return hall.ask("POST", target, body={}).send(hall.node).status


def test_a_signature_is_verified_once(hall: Hall) -> None:
    signing.has_signed.cache_clear()
    assert check(hall, "signed") == 200
    assert signing.has_signed.cache_info().misses == 1
    assert check(hall, "signed") == 406
    assert signing.has_signed.cache_info().misses == 1


def test_a_forgery_is_unknown_each_time(hall: Hall) -> None:
    signing.has_signed.cache_clear()
    assert [check(hall, "forged") for _ in range(2)] == [404, 404]
    assert signing.has_signed.cache_info().misses == 1


def test_a_key_that_is_revoked_lets_nobody_in_from_then_on(hall: Hall) -> None:
    """Though this process has met the key, and verifies with it before it asks the database."""
    assert check(hall, "forged") == 404
    hall.node.db.call(signing.revoke_ticket_key, hall.org_id, KEY.kid, actor="test")
    assert check(hall, "signed") == 404
