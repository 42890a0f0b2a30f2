"""Every named statement of the product: both databases read it, and it stays in its account."""

import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

import turnout.carriers
import turnout.core
from tests.support.node import new_database
from turnout.store import Statement, Statements
from turnout.store.sqlite import path_of

SOURCE = Path(turnout.core.__file__).parents[1]
CROSSES = re.compile(r"crosses organizations: \w+")


def load() -> dict[str, Statement]:
    for room in (turnout.core, turnout.carriers):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    return {
        f"{package}:{statement.name}": statement
        for package, statements in sorted(Statements.registry.items())
        if package.startswith("turnout.")
        for statement in statements
    }


STATEMENTS = load()
every_statement = pytest.mark.parametrize("name", STATEMENTS)


def test_no_file_of_statements_is_left_out():
    folders = {file.parent for file in SOURCE.rglob("queries*.sql")}
    packages = {".".join(folder.relative_to(SOURCE.parent).parts) for folder in folders}
    assert packages == {name.partition(":")[0] for name in STATEMENTS}


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory) -> Iterator[sqlite3.Connection]:
    path = path_of(new_database("sqlite", tmp_path_factory.mktemp("statements")))
    with closing(sqlite3.connect(path)) as connection:
        yield connection


@pytest.fixture(scope="module")
def postgresql(cluster, tmp_path_factory) -> Iterator["psycopg.Connection"]:
    url = new_database("postgresql", tmp_path_factory.mktemp("statements"), cluster)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@every_statement
def test_sqlite_reads_it(name, sqlite):
    text = STATEMENTS[name].text["sqlite"]
    nulls = dict.fromkeys(re.findall(r":([a-z]\w*)", text))
    assert sqlite.execute(f"EXPLAIN {text}", nulls).fetchall()


# Statements that are about all of an organization: they may read it from end to end.
ABOUT_ALL = {
    "turnout.core.messaging:count_file_bytes",
    "turnout.core.audience:find_sender",
    "turnout.core.audience:list_reported_events",
    "turnout.core.audience:list_reporting_users",
    "turnout.core.events:list_all_ticket_types",
    "turnout.core.events:list_channels",
    "turnout.core.exams:count_people_changed",
    "turnout.core.exams:get_settings",
    "turnout.core.exams:list_calendar",
    "turnout.core.exams:list_exams",
    "turnout.core.exams:list_forms",
    "turnout.core.exams:list_learners",
    "turnout.core.exams:list_people_changed",
    "turnout.core.exams:list_venues",
    "turnout.core.identity:list_credentials",
    "turnout.core.identity:list_users",
    "turnout.core.registrations:find_first_user",
    "turnout.core.people:count_people",
    "turnout.core.tickets:list_ticket_keys",
    "turnout.core.tickets:retire_ticket_keys",
    "turnout.core.tickets:revoke_ticket_keys",
}


@every_statement
def test_sqlite_does_not_read_all_of_an_organization_for_a_part_of_it(name, sqlite):
    """As it would by a primary key `(org_id, …)`; see store/migrations/planning.py."""
    text = STATEMENTS[name].text["sqlite"]
    nulls = dict.fromkeys(re.findall(r":([a-z]\w*)", text))
    plan = [step for *_, step in sqlite.execute(f"EXPLAIN QUERY PLAN {text}", nulls)]
    whole = [step for step in plan if re.search(r"\(org_id=\?\)", step)]
    one_row = r"SEARCH (o|organizations|callback_keys) "  # one for each organization
    whole = [step for step in whole if not re.search(one_row, step)]
    assert name in ABOUT_ALL or whole == [], "give it an index that fits, or list it in ABOUT_ALL"


# Each of these reads the few files of one job, whatever else it reads.
FEW_ROWS = r"SEARCH f "
# And these read lists that stand in the rows themselves.
OWN_LISTS = {"turnout.core.audience:list_custom_questions"}


@every_statement
def test_sqlite_reads_what_it_is_given_first(name, sqlite):
    """A list given as JSON must be the outermost loop, or be read into a table of its own: inside
    of another loop it would be parsed again for every row there. Without statistics SQLite
    chooses that gladly; `WITH r AS MATERIALIZED (…)` prevents it."""
    text = STATEMENTS[name].text["sqlite"]
    nulls = dict.fromkeys(re.findall(r":([a-z]\w*)", text))
    outer: dict[int, list[str]] = {}
    for _, parent, _, step in sqlite.execute(f"EXPLAIN QUERY PLAN {text}", nulls):
        is_given = "VIRTUAL TABLE" in step
        loops = [each for each in outer.get(parent, []) if not re.search(FEW_ROWS, each)]
        assert name in OWN_LISTS or not (is_given and loops), f"{step} inside of {loops}"
        if step.startswith(("SCAN", "SEARCH")):
            outer.setdefault(parent, []).append(step)


@every_statement
def test_postgresql_reads_it(name, postgresql):
    text = STATEMENTS[name].text["postgresql"]
    nulls = dict.fromkeys(re.findall(r"%\((\w+)\)s", text))
    assert postgresql.execute(f"EXPLAIN {text}", nulls).fetchall()


@every_statement
@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_it_asks_for_one_organization_or_says_why_it_crosses_them(name, backend):
    statement = STATEMENTS[name]
    is_bound = re.search(r":org_id\b|%\(org_id\)s", statement.text[backend])
    assert is_bound or CROSSES.search(statement.comment[backend])


@every_statement
def test_something_calls_it(name):
    package, _, statement = name.partition(":")
    folder = SOURCE.parent.joinpath(*package.split("."))
    own = "".join(file.read_text() for file in folder.glob("*.py"))
    noun = package.rpartition(".")[2]
    others = "".join(file.read_text() for file in SOURCE.rglob("*.py"))
    assert re.search(rf"\bsql\.{statement}\b", own) or f"{noun}_sql.{statement}(" in others
