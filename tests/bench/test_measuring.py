"""The steps of `make bench` that take long: each measures, on both databases, in small runs."""

import pytest

from bench import (
    audience,
    booking,
    broadcast,
    browsing,
    copies,
    door,
    drain,
    growth,
    lists,
    memory,
    register,
)
from bench.phones import Hour
from tests.support import proof

pytestmark = pytest.mark.proof


def test_drain(demo, tmp_path):
    found = drain.measure(demo, tmp_path, drain.Size(60, 40, is_durable=False), print)
    for drained, count in zip(found, (60, 40), strict=True):
        assert 0 < drained.backlog.registrations <= count
        assert drained.flood.accepted.statuses == {"200": count}
    assert [drained.database for drained in found] == ["SQLite", "PostgreSQL"]
    assert [len(table.rows) for table in drain.tables(found)] == [2, 2]
    proof.report("steps of the bench", step="drain")


def test_register_on_postgresql_by_several_processes(demo, tmp_path):
    cases = (
        register.Case("two nodes", 2, work=True, nodes=2),
        register.Case("apart", 2, apart=True),
    )
    size = register.Size(
        rounds=1, seconds=0.8, warm_up=0.1, cases=(), postgresql=cases, is_durable=False
    )
    rows = register.measure(demo, tmp_path, size, print)
    assert [(row.database, row.case) for row in rows] == [
        ("PostgreSQL", "two nodes"),
        ("PostgreSQL", "apart"),
    ]
    for row in rows:
        assert (row.turnout.failed, row.bare.failed) == (0, 0)
        assert row.processed > 0
        assert row.ratio > 0
    proof.report("steps of the bench", step="register_on_postgresql_by_several_processes")


def test_browsing(demo, tmp_path):
    size = browsing.Size(people=500, readings=1, index_s=30, is_durable=False)
    rows = browsing.measure(demo, tmp_path, size, print)
    found = {(row.name, row.found) for row in rows if row.database == "SQLite"}
    assert found == {(row.name, row.found) for row in rows if row.database == "PostgreSQL"}
    assert ("everybody, by name", 100) in found
    assert ("a source of nobody, newest", 0) in found
    [table] = browsing.tables(rows)
    assert len(table.rows) == len(rows) / 2
    assert len(browsing.targets(rows)) == 4
    proof.report("steps of the bench", step="browsing")


def test_growth(demo, tmp_path):
    size = growth.Size(people=(500,), rounds=1, registrations=30, is_durable=False)
    rows = growth.measure(demo, tmp_path, size, print)
    assert [(row.database, row.people) for row in rows] == [
        ("SQLite", 500),
        ("PostgreSQL", 500),
    ]
    assert all(row.cpu_us > 0 and row.wall_us > 0 and row.scan_wall_us > 0 for row in rows)
    assert len(growth.tables(rows)[0].rows) == 2
    assert len(growth.targets(rows)) == 6
    proof.report("steps of the bench", step="growth")


def test_audience(demo, tmp_path):
    size = audience.Size((300,), ("sqlite",), 50, 0.3, (2,))
    found = audience.measure(demo, tmp_path / "audience", size, print)
    [beaten] = found.heartbeats
    assert (beaten.connections, beaten.viewers, beaten.failed) == (2, 50, 0)
    assert beaten.per_second > 0
    assert [report.format for report in found.reports] == ["XML", "JSON", "CSV", "XLSX"]
    *texts, workbook = found.reports  # a workbook is compressed
    assert all(text.megabytes > 0.05 for text in texts)
    assert workbook.megabytes > 0.01
    assert [len(table.rows) for table in audience.tables(found)] == [1, 4]
    assert len(audience.targets(found)) == 7
    assert [job.name for job in audience.jobs(found)] == [
        f"report of 300 registrants as {name}" for name in ("CSV", "XML", "JSON")
    ]
    proof.report("steps of the bench", step="audience")


def test_broadcast(demo, tmp_path):
    size = broadcast.Size(recipients=40, rounds=1, stored=300, texts=30)
    found = broadcast.measure(demo, tmp_path, size, print)
    assert [(own.network, own.database) for own in found.series] == [
        ("SMTP", "SQLite"),
        ("SMTP", "PostgreSQL"),
        ("SMPP with receipts", "SQLite"),
        ("SMPP with receipts", "PostgreSQL"),
    ]
    assert [own.rounds[0].recipients for own in found.series] == [40] * 4
    assert [own.texts for own in found.kannel] == [30]
    assert [len(table.rows) for table in broadcast.tables(found)] == [6, 1]
    assert len(broadcast.targets(found)) == 3
    proof.report("steps of the bench", step="broadcast")


def test_copies(demo, tmp_path):
    found = copies.measure(demo, tmp_path, copies.Size(people=300, kills=1), print)
    assert [(own.database, own.kills) for own in found] == [("SQLite", 1), ("PostgreSQL", 1)]
    assert all(0 <= own.copies < 300 for own in found)
    assert [len(table.rows) for table in copies.tables(found)] == [2]
    proof.report("steps of the bench", step="copies")


def test_door(demo, tmp_path):
    size = door.Size(
        tickets=30_000,
        rounds=1,
        seconds=0.5,
        warm_up=0.1,
        connections=(2,),
        reads=1,
        hour=Hour(changes=50, uploaded=600),
        is_durable=False,
    )
    found = door.measure(demo, tmp_path, size, print)
    assert [doors.database for doors in found] == ["SQLite", "PostgreSQL"]
    for doors in found:
        [row] = doors.scans
        assert (row.connections, row.turnout.failed, row.bare.failed) == (2, 0, 0)
        assert (doors.signed.signed.failed, doors.signed.plain.failed) == (0, 0)
        assert min(row.ratio, doors.signed.ratio) > 0
        assert (doors.held.changes, doors.held.uploaded) == (50, 600)
        assert doors.held.snapshot_mb > 0.5
        assert doors.listed.attendees >= doors.tickets > 29_000
        assert doors.listed.shell_s > 0
    assert [len(table.rows) for table in door.tables(found)] == [1, 1, 2, 2, 2]
    assert len(door.targets(found)) == 12
    assert [job.name for job in door.jobs(found)] == [
        "check-in scan, 2 connections",
        "scan of a signed code, 32 connections",
        f"list of {found[0].listed.attendees:,} attendees",
    ]
    proof.report("steps of the bench", step="door")


def test_booking(demo, tmp_path):
    size = booking.Size(
        4_000, 1, 0.8, 0.2, 1_000, 1_000, exams=10, reads=1, connections=(8,), is_durable=False
    )
    found = booking.measure(demo, tmp_path, size, print)
    assert [booked.database for booked in found] == ["SQLite", "PostgreSQL"]
    for booked in found:
        [row] = booked.registered
        assert (row.turnout.failed, row.bare.failed) == (0, 0)
        assert row.ratio > 0
        assert [question.rows > 0 for question in booked.questions] == [True] * 4
        assert booked.questions[0].rows == booked.questions[3].rows > 1_000
        assert (booked.questions[1].rows, booked.questions[2].rows) == (10, 10)
    assert [len(table.rows) for table in booking.tables(found)] == [1, 4, 1, 4]
    assert len(booking.targets(found)) == 6
    [search] = booking.jobs(found)  # too few connections for the other
    assert (search.sqlite[-2:], search.postgresql[-2:], search.target) == (
        " s",
        " s",
        "≤ 2.5 times",
    )
    proof.report("steps of the bench", step="booking")


def test_lists(demo, tmp_path):
    cases = lists.Case(6, 300), lists.Case(2, 600)
    size = lists.Size(1, cases, cases[:1], is_durable=False)
    few, many, other = lists.measure(demo, tmp_path, size, print)
    assert [row.failed for row in (few, many, other)] == [0, 0, 0]
    assert 0 < few.megabytes < many.megabytes
    assert (few.database, other.database) == ("SQLite", "PostgreSQL")
    assert [len(table.rows) for table in lists.tables([few, many, other])] == [2, 1]
    assert [target.wanted for target in lists.targets([few, many])] == [
        *("none", "< 1 s"),
        *("none", "< 150 MB"),
    ]
    proof.report("steps of the bench", step="lists")


def test_memory(demo, tmp_path):
    size = memory.Size(starts=1, seconds=0.3, settle_s=0, install=False)
    used = memory.measure(demo, tmp_path, size, print)
    assert used.processes == 1
    assert 20 < used.idle_mb <= max(used.loaded_mb.values())
    assert 0 < used.started_s < 60
    proof.report("steps of the bench", step="memory")
