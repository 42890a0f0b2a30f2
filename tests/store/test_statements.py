"""Every named statement of the product: both databases read it, and it stays in its account."""

import importlib
import inspect
import pkgutil
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest

import turnout.carriers
import turnout.core
from tests.support.node import new_database
from tools.stubs import SOURCE as STUBBED
from tools.stubs import read_ids, write_stub
from turnout.store import Statement, Statements
from turnout.store.heads import Field, names_class, split_statements
from turnout.store.rows import fields_of, split_optional
from turnout.store.sqlite import path_of
from turnout.store.statements import find_class

SOURCE = Path(turnout.core.__file__).parents[1]
CROSSES = re.compile(r"crosses organizations: \w+")


if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

STUBS = sorted(path.relative_to(STUBBED).as_posix() for path in STUBBED.rglob("sql.pyi"))


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


def for_each(names: Iterable[str]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make one test of what judges a statement, by its `name`. It tells of all that are wrong. A
    test for each would cost more than what it tests."""

    names = list(names)

    def decorate(judge: Callable[..., None]) -> Callable[..., None]:
        @wraps(judge)
        def judge_each(**fixtures: object) -> None:
            wrong = {}
            for name in names:
                try:
                    judge(name, **fixtures)
                except (AssertionError, sqlite3.Error, psycopg.Error) as error:
                    wrong[name] = str(error)
            assert wrong == {}

        signature = inspect.signature(judge)
        fixtures = [value for name, value in signature.parameters.items() if name != "name"]
        vars(judge_each)["__signature__"] = signature.replace(parameters=fixtures)
        return judge_each

    return decorate


every_statement = for_each(STATEMENTS)


def test_all_that_are_wrong_are_told():
    @for_each(["right", "wrong", "bad"])
    def judge(name):
        assert name == "right", f"{name} it is"

    with pytest.raises(AssertionError) as told:
        judge()
    assert [says in str(told.value) for says in ("wrong it is", "bad it is", "right it is")] == [
        True,
        True,
        False,
    ]


def test_no_file_of_statements_is_left_out():
    folders = {file.parent for file in SOURCE.rglob("queries*.sql")}
    packages = {".".join(folder.relative_to(SOURCE.parent).parts) for folder in folders}
    assert packages == {name.partition(":")[0] for name in STATEMENTS}


PARTS = """-- part: of_the_org
-- That of an organization.
WHERE org_id = :org_id

-- name: list_people(org_id) -> (name: str)
SELECT name FROM people
-- use: of_the_org
ORDER BY name;
"""


def test_a_part_stands_for_what_statements_share():
    shared = split_statements(PARTS)
    assert shared["list_people"].splitlines()[1:] == [
        "SELECT name FROM people",
        "WHERE org_id = :org_id",
        "ORDER BY name;",
    ]
    own = "-- name: count_people(org_id)$ -> int\nSELECT count(*) FROM people\n-- use: of_the_org\n"
    assert split_statements(own, PARTS)["count_people"].endswith("people\nWHERE org_id = :org_id\n")


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(LookupError, match="'of_nobody'"):
        split_statements("-- name: list_people()\nSELECT 1\n-- use: of_nobody\n")


def test_a_name_stands_once_in_a_file():
    """Else the later statement would silently replace the earlier."""
    for file in SOURCE.rglob("queries*.sql"):
        names = re.findall(r"^-- (?:name|part): (\w+)", file.read_text(), re.MULTILINE)
        assert sorted(names) == sorted(set(names)), file


def test_every_part_is_used():
    for folder in {file.parent for file in SOURCE.rglob("queries*.sql")}:
        text = "".join(file.read_text() for file in sorted(folder.glob("queries*.sql")))
        parts = set(re.findall(r"^-- part: (\w+)", text, re.MULTILINE))
        assert parts == set(re.findall(r"^ *-- use: (\w+)", text, re.MULTILINE)), folder


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
    # The greatest instant: the last entry of an index, and no other.
    "turnout.core.door:find_last_change",
    # The payments of an organization: few.
    "turnout.core.messaging:add_credit_entry",
    "turnout.core.messaging:list_credit_entries",
    "turnout.core.messaging:count_file_bytes",
    # Templates and canned answers: a few hundred at most.
    "turnout.core.messaging:list_templates",
    "turnout.core.messaging:count_templates",
    "turnout.core.messaging:list_canned",
    "turnout.core.messaging:count_canned",
    # Once a day: all lists that are old enough, and whether a job wrote to them of late; a job's
    # row has the numbers of its lists.
    "turnout.core.erasure:list_over_lists",
    # A few for each organization.
    "turnout.core.messaging:list_sender_ids",
    "turnout.core.senders:list_domains",
    "turnout.core.senders:list_signing_keys",
    "turnout.core.messaging:has_job_named",
    # The jobs of an organization that are scheduled: few, and an index has only those.
    "turnout.core.timeline:list_event_jobs",
    "turnout.core.timeline:list_planned_jobs",
    # What needs attention: an index has only the jobs that failed, only the replies that are
    # nobody's; those who wait are few, and so are the events and jobs of an organization.
    "turnout.core.timeline:count_lately",
    "turnout.core.timeline:count_open_replies",
    "turnout.core.timeline:list_failed_jobs",
    "turnout.core.timeline:list_waited_events",
    "turnout.core.messaging:is_picture_shown",
    # The staff of an organization, and where it is signed in: few.
    "turnout.core.identity:count_owners",
    "turnout.core.identity:delete_events_of_staff",
    "turnout.core.identity:delete_page_session_of",
    "turnout.core.identity:delete_page_sessions_of",
    "turnout.core.identity:delete_single_uses_of",
    "turnout.core.identity:hold_staff",
    "turnout.core.identity:list_events_of_staff",
    "turnout.core.identity:list_limited_events",
    "turnout.core.identity:list_page_sessions",
    "turnout.core.identity:list_staff",
    "turnout.core.identity:list_staff_events",
    "turnout.core.identity:list_staff_invitations",
    "turnout.core.identity:list_staff_roles",
    "turnout.core.identity:withdraw_staff_invitations_to",
    # Opt-outs whose numbers cannot be read, when the country is set.
    "turnout.core.identity:read_opt_outs_again",
    "turnout.core.audience:find_sender",
    "turnout.core.audience:list_reported_events",
    "turnout.core.audience:list_reporting_users",
    "turnout.core.events:list_all_ticket_types",
    "turnout.core.events:list_all_speakers",
    "turnout.core.events:list_channels",
    # The series of an organization with all that is in them; what can be put into one, up to as
    # many as a form offers.
    "turnout.core.events:list_channel_counts",
    "turnout.core.events:list_channel_choices",
    "turnout.core.events:list_entries",
    "turnout.core.events:list_venues",
    # Once for an export of an event: parties are few, and its table has no index by event.
    "turnout.core.portable:find_user",
    "turnout.core.portable:list_parties",
    "turnout.core.portable:list_people",
    # A rule for each event, and a run a day.
    "turnout.core.erasure:list_retention",
    "turnout.core.erasure:list_runs",
    # One end of an index of names, and all of it in order.
    "turnout.core.registrations:find_last_name",
    "turnout.core.registrations:list_names",
    "turnout.core.registrations:list_names_down",
    # Some of those who were changed a moment ago.
    "turnout.core.people:list_search_noted",
    # Rare, by staff: what is known of one person, and two who are made one.
    "turnout.core.erasure:move_queue_items",
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
    "turnout.core.messaging:list_limits",
    # The texts of an organization: few.
    "turnout.core.mails:list_default_texts",
    "turnout.core.registrations:find_first_user",
    # One row for each tag: from one to the next in their index.
    "turnout.core.registrations:list_tags_in_use",
    "turnout.core.people:count_people",
    # Which events of the organization are hidden, once a page; and its questions, which are few.
    "turnout.core.exams:list_seen_learners",
    "turnout.core.timeline:list_seen_entries",
    # The rooms of an organization: few.
    "turnout.core.exams:list_all_rooms",
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
    one_row = r"SEARCH (o|organizations|callback_keys|message_retention|credit) "  # of one each
    few = r" INDEX events_date_open "  # it has the few that are postponed without a date
    whole = [step for step in whole if not re.search(f"{one_row}|{few}", step)]
    assert name in ABOUT_ALL or whole == [], "give it an index that fits, or list it in ABOUT_ALL"


# Each of these reads the few files of one job, whatever else it reads.
FEW_ROWS = r"SEARCH f "
# And these read lists that stand in the rows themselves.
OWN_LISTS = {
    "turnout.core.audience:list_custom_questions",
    "turnout.core.questions:count_answers",
}


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
        loops = [line for line in outer.get(parent, []) if not re.search(FEW_ROWS, line)]
        assert name in OWN_LISTS or not (is_given and loops), f"{step} inside of {loops}"
        if step.startswith(("SCAN", "SEARCH")):
            outer.setdefault(parent, []).append(step)


@every_statement
def test_postgresql_reads_it(name, postgresql):
    text = STATEMENTS[name].text["postgresql"]
    nulls = dict.fromkeys(re.findall(r"%\((\w+)\)s", text))
    assert postgresql.execute(f"EXPLAIN {text}", nulls).fetchall()


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
@every_statement
def test_it_asks_for_one_organization_or_says_why_it_crosses_them(name, backend):
    statement = STATEMENTS[name]
    is_bound = re.search(r":org_id\b|%\(org_id\)s", statement.text[backend])
    assert is_bound or CROSSES.search(statement.comment[backend])


@every_statement
def test_something_calls_it(name):
    package, _, statement = name.partition(":")
    own = read_source(SOURCE.parent.joinpath(*package.split(".")), "**/*.py")
    noun = package.rpartition(".")[2]
    assert re.search(rf"\bsql\.{statement}\b", own) or f"{noun}_sql.{statement}(" in read_source(
        SOURCE, "**/*.py"
    )


@cache
def read_source(folder: Path, files: str) -> str:
    return "".join(file.read_text() for file in folder.glob(files))


# -- what statements declare in their heads -------------------------------------------------


@pytest.mark.parametrize("stub", STUBS)
def test_a_stub_is_what_the_statements_declare(stub):
    path = STUBBED / stub
    assert path.read_text() == write_stub(path.parent), "run: python -m tools.stubs"


@every_statement
def test_it_declares_what_it_returns(name):
    head = STATEMENTS[name].head
    assert bool(head.returns) is (head.mark in ("", "^", "$"))


WITH_ROWS = [name for name, statement in STATEMENTS.items() if statement.head.returns]


def columns_of(statement: Statement) -> list[Field]:
    head = statement.head
    if head.mark == "$":
        return [Field("", head.returns + " | None" * head.is_optional)]
    columns = head.columns or (Field("", head.returns),)
    return [field for column in columns for field in fields_of_column(statement, column)]


def fields_of_column(statement: Statement, column: Field) -> list[Field]:
    """What is declared of one column; of as many as it has fields, where it is a class."""
    if not names_class(column.type):
        return [column]
    fields = fields_of(find_class(statement.package, column.type))
    return [Field(name, stored_type(type_)) for name, type_ in fields.items()]


def stored_type(type_: object) -> str:
    """How a field is stored: booleans as numbers, enumerations and JSON as text."""
    bare, is_optional = split_optional(type_)
    stored = {int: "int", bool: "int", bytes: "bytes"}.get(bare, "str")
    return stored + " | None" * is_optional


def says(declared: Field, found: str) -> bool:
    """Of two columns with one name, one is declared with its noun before it."""
    return declared.name in ("", found) or declared.name.endswith(f"_{found}")


@for_each(name for name in WITH_ROWS if "INSERT INTO" not in STATEMENTS[name].text["sqlite"])
def test_sqlite_returns_the_columns_that_it_declares(name, sqlite):
    statement = STATEMENTS[name]
    text = statement.text["sqlite"]
    zeros = dict.fromkeys(re.findall(r":([a-z]\w*)", text), 0)
    found = [column for column, *_ in sqlite.execute(text, zeros).description]
    declared = columns_of(statement)
    assert len(found) == len(declared)
    wrong = [(a, b) for a, b in zip(declared, found, strict=True) if not says(a, b)]
    # An expression has no name of its own.
    assert [pair for pair in wrong if re.fullmatch(r"[a-z]\w*", pair[1])] == []


# The table allows None in these columns, and the statement asks for rows without it.
NOT_NULL_HERE = {
    "turnout.core.callbacks:claim_callbacks",
    "turnout.core.door:find_next_admission",
    "turnout.core.exams:list_venue_uses",
    "turnout.core.identity:find_password",
    "turnout.core.maintenance:list_jobs_ahead",
    "turnout.core.maintenance:list_registration_ends_ahead",
    "turnout.core.messaging:find_waiting",
    "turnout.core.messaging:list_ended",
    "turnout.core.messaging:list_standing_jobs",
    "turnout.core.payments:list_settled",
    "turnout.core.people:merge_people",
    "turnout.core.registrations:list_known",
    "turnout.core.work:list_set_aside",
}


@for_each(WITH_ROWS)
def test_postgresql_returns_the_columns_that_it_declares(name, postgresql):
    """Their names, whether they are numbers or text, and None where the table allows it."""
    statement = STATEMENTS[name]
    found = describe(postgresql, statement.text["postgresql"])
    declared = columns_of(statement)
    assert len(found) == len(declared)
    for said, column in zip(declared, found, strict=True):
        assert not column.is_stored or says(said, column.name)
        assert column.type in KINDS[said.type.partition(" | ")[0]]
        assert "None" in said.type or not column.may_be_null or name in NOT_NULL_HERE


KINDS = {"int": {"int8", "int4"}, "str": {"text", "void"}, "bytes": {"bytea"}}
KINDS |= dict.fromkeys(read_ids(), KINDS["int"])


class Column(NamedTuple):
    """A column of a result. `is_stored` when it is one of a table; `may_be_null` when that allows
    it."""

    name: str
    type: str
    is_stored: bool
    may_be_null: bool


def describe(connection: "psycopg.Connection", text: str) -> list[Column]:
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    numbered = re.sub(r"%\((\w+)\)s", lambda match: f"${names.index(match[1]) + 1}", text)
    prepared = connection.pgconn.prepare(b"", numbered.replace("%%", "%").encode())
    assert prepared.status == psycopg.pq.ExecStatus.COMMAND_OK, prepared.error_message
    result = connection.pgconn.describe_prepared(b"")
    return [_describe(connection, result, number) for number in range(result.nfields)]


def _describe(connection: "psycopg.Connection", result: "PGresult", number: int) -> Column:
    [(type_,)] = connection.execute(
        "SELECT typname FROM pg_type WHERE oid = %s", [result.ftype(number)]
    ).fetchall()
    stored = connection.execute(
        "SELECT attnotnull OR relkind = 'v' FROM pg_attribute"
        " JOIN pg_class ON pg_class.oid = attrelid WHERE attrelid = %s AND attnum = %s",
        [result.ftable(number), result.ftablecol(number)],
    ).fetchone()
    name = (result.fname(number) or b"").decode()
    return Column(name, type_, stored is not None, stored == (False,))
