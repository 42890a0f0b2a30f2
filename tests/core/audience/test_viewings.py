"""Viewings on both databases: heartbeats, corrections and imports."""

import random
from collections import defaultdict
from io import BytesIO

import pytest

from tests.core.audience.cinema import LIVE_FROM, LIVE_UNTIL, MINUTE
from tests.support import proof
from turnout.core.audience.importing import VIEWINGS, Row, import_viewings, read_viewings
from turnout.core.audience.media import Show, list_shows, set_media
from turnout.core.audience.model import Interval, MediaKind, Mode
from turnout.core.audience.viewings import (
    Heartbeat,
    StoredInterval,
    correct_viewing,
    list_viewings,
    record_heartbeats,
)
from turnout.core.audit.recording import list_entries
from turnout.core.importing.records import Fault, read_layout, read_records
from turnout.core.registrations.giving_back import cancel_registration
from turnout.errors import Invalid, Missing
from turnout.formats.tables import read_table


def watch(cinema, registration, session, *played):
    """Send one heartbeat; what it is answered."""
    heartbeat = Heartbeat(cinema.org_id, registration, session.id, played, 0)
    (answer,) = cinema.db.call(record_heartbeats, [heartbeat])
    return answer


def viewings(cinema, registration):
    return cinema.db.call(list_viewings, cinema.org_id, cinema.event.id, registration)


def test_beats_become_one_interval_whatever_their_order(node, cinema):
    node.clock.now = LIVE_FROM + 10 * MINUTE
    viewer = cinema.register()
    steps = [(LIVE_FROM + k * 10_000 + 300, LIVE_FROM + (k + 1) * 10_000 + 300) for k in range(12)]
    random.Random(3).shuffle(steps)
    for step in [*steps, *steps[:4]]:
        assert watch(cinema, viewer, cinema.talk, step) is Mode.LIVE
    assert viewings(cinema, viewer) == [
        StoredInterval(Mode.LIVE, cinema.talk.id, Interval(LIVE_FROM, LIVE_FROM + 120_000))
    ]


def test_two_devices_count_once_and_gaps_stay(node, cinema):
    node.clock.now = LIVE_FROM + 30 * MINUTE
    viewer = cinema.register()
    desk, phone = (LIVE_FROM, LIVE_FROM + 5 * MINUTE), (LIVE_FROM + MINUTE, LIVE_FROM + 3 * MINUTE)
    again = (LIVE_FROM + 10 * MINUTE, LIVE_FROM + 11 * MINUTE)
    watch(cinema, viewer, cinema.talk, desk)
    watch(cinema, viewer, cinema.talk, phone, again)
    assert [viewing.interval.seconds for viewing in viewings(cinema, viewer)] == [300, 60]


def test_the_end_of_the_live_window_parts_live_from_on_demand(node, cinema):
    node.clock.now = LIVE_UNTIL + 5 * MINUTE
    viewer = cinema.register()
    around = (LIVE_UNTIL - MINUTE, LIVE_UNTIL + 2 * MINUTE)
    assert watch(cinema, viewer, cinema.talk, around) is Mode.ON_DEMAND
    assert watch(cinema, viewer, cinema.show, around) is None
    assert viewings(cinema, viewer) == [
        StoredInterval(Mode.LIVE, cinema.talk.id, Interval(LIVE_UNTIL - MINUTE, LIVE_UNTIL)),
        StoredInterval(
            Mode.ON_DEMAND, cinema.talk.id, Interval(LIVE_UNTIL, LIVE_UNTIL + 2 * MINUTE)
        ),
        StoredInterval(Mode.SIMLIVE, cinema.show.id, Interval(LIVE_UNTIL - MINUTE, LIVE_UNTIL)),
    ]


def test_the_future_and_the_distant_past_are_left_out(node, cinema):
    viewer = cinema.register()
    node.clock.now = LIVE_FROM + MINUTE
    watch(cinema, viewer, cinema.talk, (LIVE_FROM - MINUTE, LIVE_FROM + 20 * MINUTE))
    assert [viewing.interval.seconds for viewing in viewings(cinema, viewer)] == [60]
    node.clock.now = LIVE_UNTIL + 48 * 60 * MINUTE
    watch(cinema, viewer, cinema.talk, (LIVE_FROM, LIVE_UNTIL))
    assert [viewing.interval.seconds for viewing in viewings(cinema, viewer)] == [60]
    watch(cinema, viewer, cinema.talk, (node.clock.now, node.clock.now - MINUTE))
    assert [viewing.interval.seconds for viewing in viewings(cinema, viewer)] == [60]


def test_strangers_and_silence_are_answered_missing_and_others_are_kept(node, cinema):
    node.clock.now = LIVE_FROM + MINUTE
    viewer, gone = cinema.register(), cinema.register()
    cinema.db.call(cancel_registration, cinema.org_id, gone, actor="test")
    span = ((LIVE_FROM, LIVE_FROM + 30_000),)
    heartbeats = [
        Heartbeat(cinema.org_id, gone, cinema.talk.id, span),
        Heartbeat(cinema.org_id, viewer, cinema.talk.id, span),
        Heartbeat(cinema.org_id, viewer, cinema.silent.id, span),
        Heartbeat(cinema.org_id + 1, viewer, cinema.talk.id, span),
    ]
    answers = cinema.db.call(record_heartbeats, heartbeats)
    assert [answer if isinstance(answer, Mode) else type(answer) for answer in answers] == [
        Missing,
        Mode.LIVE,
        Missing,
        Missing,
    ]
    assert viewings(cinema, gone) == []
    assert [viewing.interval.seconds for viewing in viewings(cinema, viewer)] == [30]


def test_many_beats_of_many_are_as_seconds_say(node, cinema):
    """Random heartbeats in random groups, against sets of seconds."""
    dice = proof.random_for("heartbeats")
    node.clock.now = LIVE_UNTIL + 30 * MINUTE
    viewers = [cinema.register() for _ in range(4)]
    expected: defaultdict[tuple[int, int, Mode], set[int]] = defaultdict(set)
    for _ in range(proof.scale(15, 200)):
        heartbeats = []
        for _ in range(dice.randint(1, 12)):
            viewer, session = dice.choice(viewers), dice.choice([cinema.talk, cinema.show])
            start = LIVE_UNTIL + dice.randint(-300, 200) * 1000
            end = start + dice.randint(0, 40) * 1000
            heartbeats.append(Heartbeat(cinema.org_id, viewer, session.id, ((start, end),), 0))
            for second in range(start // 1000, end // 1000):
                if second < LIVE_UNTIL // 1000:
                    mode = Mode.LIVE if session is cinema.talk else Mode.SIMLIVE
                    expected[viewer, session.id, mode].add(second)
                elif session is cinema.talk:
                    expected[viewer, session.id, Mode.ON_DEMAND].add(second)
        cinema.db.call(record_heartbeats, heartbeats)
    for viewer in viewers:
        found: defaultdict[tuple[int, int, Mode], set[int]] = defaultdict(set)
        for mode, session_id, (start, end) in viewings(cinema, viewer):
            seconds = set(range(start // 1000, end // 1000))
            assert not found[viewer, session_id, mode] & seconds
            found[viewer, session_id, mode] |= seconds
        assert found == {key: value for key, value in expected.items() if key[0] == viewer}


def test_corrections_are_kept_and_audited(node, cinema):
    node.clock.now = LIVE_UNTIL
    viewer = cinema.register()
    named = (cinema.org_id, viewer, cinema.talk.id, Mode.LIVE)
    added = cinema.db.call(
        correct_viewing, *named, (LIVE_FROM, LIVE_FROM + 10 * MINUTE), actor="test"
    )
    assert [viewing.interval.seconds for viewing in added] == [600]
    middle = (LIVE_FROM + 2 * MINUTE, LIVE_FROM + 3 * MINUTE)
    left = cinema.db.call(correct_viewing, *named, middle, is_removed=True, actor="test")
    assert [viewing.interval for viewing in left] == [
        (LIVE_FROM, LIVE_FROM + 2 * MINUTE),
        (LIVE_FROM + 3 * MINUTE, LIVE_FROM + 10 * MINUTE),
    ]
    everything = (LIVE_FROM, LIVE_UNTIL)
    assert cinema.db.call(correct_viewing, *named, everything, is_removed=True, actor="test") == []
    entries = cinema.db.call(list_entries, cinema.org_id, "registration", viewer)
    assert [(entry.action, entry.facts["interval"]) for entry in entries] == [
        ("added viewing", [LIVE_FROM, LIVE_FROM + 10 * MINUTE]),
        ("removed viewing", list(middle)),
        ("removed viewing", list(everything)),
    ]
    with pytest.raises(Invalid):
        cinema.db.call(correct_viewing, *named, (LIVE_FROM, LIVE_FROM + 100), actor="test")
    with pytest.raises(Missing):
        cinema.db.call(
            correct_viewing,
            cinema.org_id,
            viewer,
            cinema.silent.id,
            Mode.LIVE,
            everything,
            actor="test",
        )


def test_media(cinema):
    node_id = cinema.silent.id
    with pytest.raises(Invalid):
        cinema.db.call(
            set_media, cinema.org_id, node_id, MediaKind.MP4, "javascript:alert(1)", actor="test"
        )
    with pytest.raises(Invalid):
        cinema.db.call(
            set_media,
            cinema.org_id,
            node_id,
            MediaKind.MP4,
            "/x.mp4",
            live_from=LIVE_FROM,
            live_until=LIVE_FROM + 999,
            actor="test",
        )
    with pytest.raises(Missing):
        cinema.db.call(set_media, cinema.org_id, 10**9, MediaKind.MP4, "/x.mp4", actor="test")
    shows = cinema.db.call(list_shows, cinema.org_id, cinema.event.id)
    assert [(show.title, show.media.live_mode) for show in shows] == [
        ("Talk", Mode.LIVE),
        ("Show", Mode.SIMLIVE),
    ]


FILE = """\
Email,Session,Mode,Start,End,Duration
ann@example.com,{talk},live,2027-01-04T15:00:00,,90
ANN@example.com,{pak},,2027-01-04 15:01:00,2027-01-04 15:02:00,
ann@example.com,{show},simlive,2027-01-04T14:05:00Z,2027-01-04T14:06:00Z,
stranger@example.com,{talk},live,2027-01-04T15:00:00,,90
nobody,{talk},live,2027-01-04T15:00:00,,90
ann@example.com,999,live,2027-01-04T15:00:00,,90
ann@example.com,{talk},asleep,2027-01-04T15:00:00,,90
ann@example.com,{talk},live,yesterday,,90
ann@example.com,{talk},live,2027-01-04T15:00:00,,soon
ann@example.com,{talk},live,2027-01-04T15:00:00,2027-01-04T14:00:00,
ann@example.com,{show},,2027-01-04T18:00:00,,90
"""


def read(text: str, shows: list[Show]) -> list[Row | Fault]:
    with read_table(BytesIO(text.encode()), "views.csv") as table:
        records = read_records(table, read_layout(table, VIEWINGS))
        return list(read_viewings(records, shows, "Europe/Berlin"))


def test_viewings_of_other_platforms_are_imported(cinema):
    viewer = cinema.register("ann@example.com")
    shows = cinema.db.call(list_shows, cinema.org_id, cinema.event.id)
    text = FILE.format(talk=cinema.talk.id, pak=cinema.talk.pak, show=cinema.show.id)
    found = read(text, shows)
    faults = [row for row in found if isinstance(row, Fault)]
    assert [(fault.line, fault.refusal.code) for fault in faults] == [
        (6, "viewing.email"),
        (7, "viewing.session"),
        (8, "viewing.mode"),
        (9, "viewing.time"),
        (10, "viewing.duration"),
        (11, "viewing.end"),
        (12, "viewing.mode_absent"),
    ]
    rows = [row for row in found if not isinstance(row, Fault)]
    for _ in range(2):
        refused = cinema.db.call(
            import_viewings, cinema.org_id, cinema.event.id, rows, actor="test"
        )
        [(line, refusal, *_)] = refused
        assert (line, refusal.code) == (5, "viewing.stranger")
        stranger = {"email": "stranger@example.com", "event_id": cinema.event.id}
        assert refusal.facts == stranger
        assert viewings(cinema, viewer) == [
            StoredInterval(Mode.LIVE, cinema.talk.id, Interval(LIVE_FROM, LIVE_FROM + 120_000)),
            StoredInterval(
                Mode.SIMLIVE,
                cinema.show.id,
                Interval(LIVE_FROM + 5 * MINUTE, LIVE_FROM + 6 * MINUTE),
            ),
        ]
    entries = cinema.db.call(list_entries, cinema.org_id, "event", cinema.event.id)
    assert [entry.facts for entry in entries if entry.action == "imported viewings"] == [
        {"rows": 3}
    ] * 2
    with pytest.raises(Invalid, match="lacks the columns End or Duration"):
        read("email,start", shows)
