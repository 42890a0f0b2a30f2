"""The figures of an event against the crowd that they are about."""

from statistics import mean, median

from tests.core.audience.cinema import LIVE_FROM, LIVE_UNTIL, MINUTE
from tests.core.audience.crowd import Registrant, fill
from turnout.core.audience.model import Mode
from turnout.core.audience.summary import Group, Summary, Watched, summarize
from turnout.core.checkin.scans import Scan, check_in


def measure(crowd: list[Registrant], modes: set[Mode]) -> Watched:
    totals = []
    for person in crowd:
        parts = [(end - start) // 1000 for mode, (start, end) in person.viewings if mode in modes]
        totals += [sum(parts)] if parts else []
    return Watched(len(totals), sum(totals), round(mean(totals), 1), median(totals))


def group(name: str, some: list[Registrant]) -> Group:
    def count(mode: Mode) -> int:
        return sum(any(own is mode for own, _ in person.viewings) for person in some)

    return Group(name, len(some), *map(count, (Mode.LIVE, Mode.SIMLIVE, Mode.ON_DEMAND)))


def groups(crowd: list[Registrant], names: list[str]) -> list[Group]:
    found = [
        group(name, [person for person, own in zip(crowd, names, strict=True) if own == name])
        for name in set(names)
    ]
    return sorted(found, key=lambda group: (-group.registered, group.name))


def test_the_figures_are_those_of_the_crowd(node, cinema):
    crowd = fill(node, cinema)
    code = node.db.call(_any_code, cinema.org_id)
    scan = Scan(code=code, at=node.clock.now)
    node.db.call(check_in, cinema.org_id, cinema.event.id, scan)
    found: Summary = node.db.call(summarize, cinema.org_id, cinema.event.id)
    assert (found.registered, found.invited, found.checked_in) == (len(crowd), 0, 1)
    assert found.no_shows == sum(not person.viewings for person in crowd)
    assert found.watched == {
        "live": measure(crowd, {Mode.LIVE}),
        "simlive": measure(crowd, {Mode.SIMLIVE}),
        "od": measure(crowd, {Mode.ON_DEMAND}),
        "all": measure(crowd, set(Mode)),
    }
    assert found.questions == sum(len(person.questions) for person in crowd)
    assert found.questions_answered == sum(bool(person.questions) for person in crowd)
    domains = [person.email.rpartition("@")[2].replace("ß", "?") for person in crowd]
    domains = [name.replace("stra?e.de", "xn--strae-oqa.de") for name in domains]
    assert found.domains == groups(crowd, domains)
    assert found.sources == groups(crowd, [person.sti for person in crowd])


def test_the_curve_says_how_many_watched_at_each_minute(node, cinema):
    crowd = fill(node, cinema)
    found: Summary = node.db.call(summarize, cinema.org_id, cinema.event.id)
    talk, show = found.retention
    assert (talk.title, show.title, talk.step_seconds) == ("Talk", "Show", 60)
    minutes = range(LIVE_FROM, LIVE_UNTIL, MINUTE)
    for curve, mode in ((talk, Mode.LIVE), (show, Mode.SIMLIVE)):
        assert curve.viewers == [
            sum(
                own is mode and start <= at < end
                for person in crowd
                for own, (start, end) in person.viewings
            )
            for at in minutes
        ]
    assert max(talk.viewers) > 0


def test_surveys_have_their_results(node, cinema):
    crowd = fill(node, cinema)
    found: Summary = node.db.call(summarize, cinema.org_id, cinema.event.id)
    survey, poll = found.surveys
    good = sum(("Good?", "yes") in person.survey_answers for person in crowd)
    assert [(item.question, item.choices) for item in survey.items] == [
        ("Good?", {"yes": good, "no": 0}),
        ("More?", {}),
    ]
    assert survey.items[1].answered == sum(bool(person.survey_answers) for person in crowd)
    assert (poll.is_poll, poll.items[0].choices) == (True, {"yes": 0, "no": 6})


def test_an_event_that_nobody_watched_has_figures_too(cinema):
    found: Summary = cinema.db.call(summarize, cinema.org_id, cinema.event.id)
    assert (found.registered, found.no_shows, found.domains, found.surveys) == (0, 0, [], [])
    assert set(found.watched.values()) == {Watched()}
    assert [sum(curve.viewers) for curve in found.retention] == [0, 0]
    assert [len(curve.viewers) for curve in found.retention] == [60, 60]


def _any_code(tx, org_id):
    row = tx.connection.execute(
        f"SELECT code FROM tickets WHERE org_id = {org_id} AND state = 'valid' ORDER BY id"
    ).fetchone()
    return row[0]
