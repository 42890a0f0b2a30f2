"""Who turned out, against the crowd that it is about."""

import datetime
from zoneinfo import ZoneInfo

from tests.core.audience.cinema import MINUTE
from tests.core.audience.crowd import DAY, fill
from turnout.core.audience.model import Mode
from turnout.core.audience.reports import ReportFilter
from turnout.core.audience.turnout import QUARTER_MS, SessionTurnout, Share, count_turnout
from turnout.core.checkin.scans import Scan, check_in

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_figures_are_those_of_the_crowd_and_of_what_was_filtered(node, cinema):
    crowd = fill(node, cinema)
    seen = {person.id for person in crowd if person.viewings}
    door = [person for number, person in enumerate(crowd) if number % 3 == 0]
    for person in door:
        code = node.db.call(_code_of, cinema.org_id, person.id)
        node.db.call(check_in, cinema.org_id, cinema.event.id, Scan(code=code, at=node.clock.now))
    found = node.db.call(count_turnout, cinema.org_id, cinema.event.id, ReportFilter(), BERLIN)
    both = [person for person in door if person.id in seen]
    assert (found.registered, found.door, found.screen) == (len(crowd), len(door), len(seen))
    assert (found.both, found.attended) == (len(both), len(door) + len(seen) - len(both))
    assert found.absent == len(crowd) - found.attended
    assert found.asked == sum(bool(person.questions) for person in crowd)
    assert found.answered == sum(bool(person.survey_answers) for person in crowd)
    days: dict[datetime.date, int] = {}
    for person in crowd:
        day = datetime.datetime.fromtimestamp(person.registered_at / 1000, BERLIN).date()
        days[day] = days.get(day, 0) + 1
    assert found.days == days
    assert found.arrivals == {node.clock.now // QUARTER_MS * QUARTER_MS: len(door)}
    assert found.median_arrival == (node.clock.now // QUARTER_MS + 1) * QUARTER_MS
    watched = sorted(
        sum(part.end - part.start for _, part in person.viewings) // MINUTE
        for person in crowd
        if person.viewings
    )
    assert found.minutes == {minutes: watched.count(minutes) for minutes in watched}
    assert found.median_minutes == watched[(len(watched) - 1) // 2]
    for share in found.sources:
        some = [person for person in crowd if person.sti == share.name]
        came = sum(person in door or person.id in seen for person in some)
        assert share == Share(share.name, len(some), came)
    assert sum(share.registered for share in found.domains) == len(crowd)
    talk = {person.id for person in crowd if {Mode.LIVE, Mode.ON_DEMAND} & _modes(person)}
    assert found.sessions[cinema.talk.id] == SessionTurnout(0, 0, len(talk))

    wanted = ReportFilter(viewers=frozenset({Mode.LIVE}), stis=("newsletter", "x"))
    some = [p for p in crowd if Mode.LIVE in _modes(p) and p.sti in ("newsletter", "x")]
    found = node.db.call(count_turnout, cinema.org_id, cinema.event.id, wanted, BERLIN)
    assert (found.registered, found.screen) == (len(some), len(some))
    assert found.door == sum(person in door for person in some)
    assert {share.name for share in found.sources} == {person.sti for person in some}

    for least, most in ((0, 0), (MINUTE, 10 * MINUTE - 1), (10 * MINUTE, 10**12)):
        found = _count(node, cinema, ReportFilter(watched=(least, most)))
        sums = [sum(part.end - part.start for _, part in p.viewings) for p in crowd if p.viewings]
        assert found.registered == found.screen == sum(least <= own <= most for own in sums)
    now = node.clock.now
    assert _count(node, cinema, ReportFilter(came=(now, now))).registered == len(door)
    assert _count(node, cinema, ReportFilter(came=(now + 1, now + DAY))).registered == 0


def _count(node, cinema, wanted):
    return node.db.call(count_turnout, cinema.org_id, cinema.event.id, wanted, BERLIN)


def test_nobody_is_no_figures(node, cinema):
    wanted = ReportFilter(starts_at=0, ends_at=DAY)
    found = node.db.call(count_turnout, cinema.org_id, cinema.event.id, wanted, BERLIN)
    assert (found.registered, found.attended, found.absent, found.median_minutes) == (0, 0, 0, 0)
    assert (found.median_arrival, found.sources, found.days) == (None, [], {})


def _modes(person):
    return {mode for mode, _ in person.viewings}


def _code_of(tx, org_id, registration_id):
    return tx.connection.execute(
        f"SELECT code FROM tickets WHERE org_id = {org_id}"
        f" AND registration_id = {registration_id} AND state = 'valid'"
    ).fetchone()[0]
