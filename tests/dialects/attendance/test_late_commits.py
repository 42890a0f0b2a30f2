"""A device that asks for what changed since it last asked is told of what was committed late."""

import threading

from tests.dialects.attendance.hall import Hall
from turnout.core.checkin.scans import Scan, check_in
from turnout.store import Tx

ATTENDEES = "/v1/event/attendees"


def changed(hall: Hall, since: str, more: str = "") -> list[str]:
    answer = hall.ask("GET", f"{ATTENDEES}.json?since={since}Z{more}").send(hall.node)
    assert answer.status == 200
    return [person["first_name"] for person in answer.json()]


def test_a_check_that_commits_late_is_in_the_next_answer(hall: Hall) -> None:
    clock = hall.node.clock
    begun, may_end = threading.Event(), threading.Event()

    def check_slowly(tx: Tx) -> None:
        check_in(tx, hall.org_id, hall.event_id, Scan(code=hall.codes["ann"], at=tx.now))
        begun.set()
        may_end.wait(30)

    clock.now = 1_798_801_200_000  # 2027-01-01T11:00:00Z
    door = threading.Thread(target=lambda: hall.node.db.call(check_slowly))
    door.start()
    assert begun.wait(30)
    try:
        clock.advance(60)
        first = changed(hall, "2027-01-01T10:59:00")
        clock.advance(60)
    finally:
        may_end.set()
        door.join()
    assert first == []
    # The device last asked at 11:01; the check bears 11:00 and was committed at 11:02.
    assert changed(hall, "2027-01-01T11:01:00") == ["Ann"]
    assert changed(hall, "2027-01-01T11:01:00", "&per_page=5") == ["Ann"]
    assert changed(hall, "2027-01-01T11:02:00") == ["Ann"]
    assert changed(hall, "2027-01-01T11:10:00") == []


def test_what_is_committed_at_once_is_told_by_its_own_instant(hall: Hall) -> None:
    clock = hall.node.clock
    clock.now = 1_798_801_200_000
    scan = Scan(code=hall.codes["ann"], at=clock())
    hall.node.db.call(check_in, hall.org_id, hall.event_id, scan)
    assert changed(hall, "2027-01-01T11:00:00") == ["Ann"]
    assert changed(hall, "2027-01-01T11:01:00") == []
