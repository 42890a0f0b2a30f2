"""The bench tools work: small runs of every step, and what they stand on."""

import datetime
import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import msgspec

from bench import memory, pages, register, report
from bench.__main__ import STEPS, USUAL_S, Budget
from bench.figures import Results, Step, describe_machine
from bench.fill import fill
from bench.load import MARK, Order, run, spread
from bench.registrations import template
from bench.servers import bare, sign_in, turnout, url_of

PAGE = """
Method.
<!-- bench:targets -->
old
<!-- /bench -->
<!-- bench:memory -->
old
<!-- /bench -->
<!-- bench:drain -->
old
<!-- /bench -->
The end.
"""


class TestSteps:
    def test_register(self, demo, tmp_path):
        case = register.Case("draining", 2, work=True, keyed=True)
        size = register.Size(rounds=1, seconds=0.8, warm_up=0.1, cases=(case,), postgresql=())
        [row] = register.measure(demo, tmp_path, size, print)
        assert (row.case, row.connections, row.turnout.failed) == ("draining", 2, 0)
        assert row.processed > 0
        assert row.bare.failed == 0
        assert row.ratio == row.turnout.per_second / row.bare.per_second > 0
        assert [len(table.rows) for table in register.tables([row])] == [1, 0]
        assert register.jobs([row]) == []  # too few connections

    def test_pages(self, demo, tmp_path):
        size = pages.Size(times=1, seconds=0.3, warm_up=0)
        found = pages.measure(demo, tmp_path, size, print)
        assert [page.name for page in found.weighed] == list(pages.PAGES)
        assert all(page.requests > 1 and page.milliseconds > 0 for page in found.weighed)
        # What pages weigh is the same on every machine; how soon they come is not.
        weights = [one for one in pages.targets(found) if one.wanted.endswith("KB")]
        assert [one.is_met for one in weights] == [True, True]
        assert [load.failed for load in found.loaded] == [0, 0]
        assert [len(table.rows) for table in pages.tables(found)] == [len(found.weighed), 2]

    def test_the_bare_server_inserts_what_turnout_inserts(self, demo, tmp_path):
        ours, other = (demo.copy_database(tmp_path / name) for name in ("turnout", "bare"))
        with (
            turnout(ours.parent, url_of(ours), work=False) as server,
            bare(other.parent, url_of(other)) as limit,
        ):
            request = template(demo, sign_in(server, demo))
            for row in (server, limit):
                order = Order(
                    port=row.port,
                    pids=[row.pid],
                    template=request,
                    connections=1,
                    first=1,
                    requests=5,
                )
                assert run(order).statuses == {"200": 5}
        assert read_queue(ours) == read_queue(other)


def read_queue(database: Path) -> list[tuple[object, ...]]:
    """What waits, but for the numbers, which begin elsewhere after a restart; contacts by size."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(
            """
            SELECT s.org_id, s.last_item_id - s.id, s.noun, s.target_id, s.email,
                length(s.contact) / 100, s.attempts, s.done_at, i.id - s.id, i.session_pak,
                i.status, i.message, i.person_id, i.done_at
            FROM submissions s JOIN queue_items i ON i.submission_id = s.id
            WHERE s.done_at IS NULL ORDER BY i.id
            """
        ).fetchall()


def test_demo_has_no_mails_to_draw_while_something_is_measured(demo, tmp_path):
    with closing(sqlite3.connect(demo.copy_database(tmp_path / "copy"))) as connection:
        assert connection.execute("SELECT count(*) FROM ticket_mails").fetchone() == (0,)


def test_filled_tables_are_consistent(demo, tmp_path):
    database = demo.copy_database(tmp_path / "filled")
    fill(database, 700, print)
    with closing(sqlite3.connect(database)) as connection:
        value = lambda text: connection.execute(text).fetchone()[0]  # noqa: E731
        assert value("SELECT count(*) FROM people") == 700
        assert value("SELECT count(DISTINCT email_key) FROM people") == 700
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert value("PRAGMA integrity_check") == "ok"
        for noun, counted, column in (
            ("events", "registrations", "event_id"),
            ("sessions", "session_bookings", "session_id"),
            ("ticket_types", "tickets", "ticket_type_id"),
        ):
            wrong = (
                f"SELECT count(*) FROM {noun} n WHERE held <> "
                f"(SELECT count(*) FROM {counted} c WHERE c.{column} = n.id)"
            )
            assert value(wrong) == 0, noun
        for sequence, table in (("person", "people"), ("queue_item", "queue_items")):
            following = f"SELECT next_value FROM sequences WHERE name = '{sequence}'"
            assert value(following) == value(f"SELECT max(id) + 1 FROM {table}")


def test_the_load_counts_what_it_is_answered():
    answers = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n",
        b"",
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_in_turn, args=(listener, answers))
        thread.start()
        order = Order(
            port=listener.getsockname()[1],
            pids=[],
            template=f"GET /{MARK} HTTP/1.1\r\n\r\n",
            connections=1,
            first=1,
            requests=3,
        )
        measured = run(order)
        thread.join()
    assert measured.statuses == {"200": 1, "503": 1, "lost": 1}
    assert (measured.sent, measured.answered, measured.failed) == (3, 3, 2)


def answer_in_turn(listener: socket.socket, answers: list[bytes]) -> None:
    """Give one answer a request, in two parts, and hang up at an empty one."""
    connection, _ = listener.accept()
    with connection:
        for answer in answers:
            connection.recv(4096)
            connection.sendall(answer[:7])
            connection.sendall(answer[7:])


def test_no_two_numbers_are_spread_to_the_same_digits():
    digits = {spread(number) for number in [*range(20_000), *range(10**11, 10**11 + 20_000)]}
    assert len(digits) == 40_000
    assert {len(digit) for digit in digits} == {12}


def test_report_fills_the_page_with_the_newest_full_figures(tmp_path):
    page = tmp_path / "performance.md"
    page.write_text(PAGE)
    keep_memory(tmp_path / "20260101-000000.json", idle_mb=111, quick=False)
    keep_memory(tmp_path / "20260102-000000.json", idle_mb=222, quick=False)
    keep_memory(tmp_path / "20260103-000000.json", idle_mb=333, quick=True)
    assert report.update(STEPS, page, tmp_path) == ["memory"]
    text = page.read_text()
    assert "| memory, idle | < 150 MB | 222 MB | **no** |" in text
    assert "| memory, idle | 222 MB |" in text
    assert "old" not in text
    assert text.startswith("\nMethod.\n")
    assert text.count("Not measured yet.") == 1
    assert report.update(STEPS, page, tmp_path) == ["memory"]
    assert page.read_text() == text


def keep_memory(file: Path, *, idle_mb: float, quick: bool) -> None:
    used = memory.Used(
        processes=1,
        idle_mb=idle_mb,
        loaded_mb={32: 400},
        after_mb=300,
        started_s=0.5,
        install_s=None,
    )
    began = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    step = Step(began, 1.0, 0.0, 1.0, quick, msgspec.to_builtins(used))
    Results(describe_machine(file.parent), {"memory": step}).save(file)


def test_the_page_has_a_place_for_every_step():
    text = report.PAGE.read_text(encoding="utf-8")
    for name in ("jobs", "targets", *STEPS):
        assert f"<!-- bench:{name} -->" in text


def test_on_a_slow_machine_what_takes_long_is_measured_roughly():
    assert USUAL_S.keys() == STEPS.keys()
    budget = Budget()
    assert all(budget.is_enough_for(name) for name in STEPS)
    budget.note("register", 10 * USUAL_S["register"], is_rough=False)
    assert budget.is_enough_for("memory")
    assert not budget.is_enough_for("audience")
