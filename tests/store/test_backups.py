"""A backup restored is the database that it was taken of, on either database, or nothing."""

import gzip
import stat
import threading
from collections.abc import Sequence
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from tests.cli.runner import Turnout, on_new_database
from tests.store.notes import add
from tests.support.node import BACKENDS
from tests.upgrade.data import ask
from tests.upgrade.data import restore as restore_state
from turnout.errors import Conflict, Invalid, Unavailable
from turnout.settings import Settings
from turnout.store import Ids, Tx, backups, open_database
from turnout.store.backups.stream import read_rows
from turnout.store.installation import find_fact, set_fact
from turnout.store.migrations.revisions import HEAD
from turnout.store.migrations.running import migrate

STATE = "0018"


def ignore(_table: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def empty_database(backend: str, folder: Path, cluster) -> str:
    return cluster.create_database() if backend == "postgresql" else f"sqlite:///{folder}/new.db"


def read_all(url: str, folder: Path) -> dict[str, list[tuple]]:
    """Every row of every table, sorted."""
    file = folder / "look.backup"
    backups.back_up(url, file, progress=ignore)
    tables = {
        table: sorted((_fold(columns, row) for rows in batches for row in rows), key=repr)
        for table, columns, batches in read_rows(file)
    }
    file.unlink()
    return tables


def _fold(columns: Sequence[str], row: tuple) -> tuple:
    """A row whose sort key is in small letters: each database makes its own, and SQLite's `lower`
    knows ASCII only."""
    if "name_key" not in columns:
        return row
    at = list(columns).index("name_key")
    return (*row[:at], row[at].lower(), *row[at + 1 :])


@pytest.fixture(scope="module", params=product(BACKENDS, BACKENDS), ids="-to-".join)
def restored(request, tmp_path_factory) -> tuple[str, str, Path]:
    """A database of an earlier schema, brought up to date, and one that was restored
    from its backup: their addresses."""
    came, went = request.param
    folder = tmp_path_factory.mktemp("backups")
    cluster = request.getfixturevalue("cluster") if "postgresql" in (came, went) else None
    url = restore_state(STATE, came, folder, cluster)
    backups.back_up(url, folder / "state.backup", progress=ignore)
    migrate(url)
    new = empty_database(went, folder, cluster)
    done = backups.restore(new, folder / "state.backup", progress=ignore)
    assert (done.contents.schema, done.schema) == (STATE, HEAD)
    return url, new, folder


def test_each_row_is_there_again(restored):
    url, new, folder = restored
    before, after = read_all(url, folder), read_all(new, folder)
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == set()
    assert len(after["registrations"]) > 1_000
    assert after["file_pieces"] or not before["file_pieces"]


def test_new_rows_get_numbers_that_are_free(restored):
    _, new, _ = restored
    with closing(open_database(Settings(database_url=new), ids=Ids(1))) as db:
        number = db.call(lambda tx: tx.next_id("person"))
    ((last,),) = ask(new, "SELECT max(id) FROM people")
    assert number > last


def test_a_backup_is_as_of_one_instant(url, open_db, db, tmp_path):
    """Each command adds a note and raises a count; a backup that saw half of one would differ."""
    is_over = threading.Event()

    def add_and_count(tx: Tx) -> None:
        count = int(find_fact(tx, "notes") or 0) + 1
        add(tx, count)
        set_fact(tx, "notes", str(count))

    def write() -> None:
        while not is_over.is_set():
            db.call(add_and_count)

    db.call(add_and_count)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(10):
            backups.back_up(url, tmp_path / f"{number}.backup", progress=ignore)
    finally:
        is_over.set()
        writer.join()
    counts = [count_notes(tmp_path / f"{number}.backup") for number in range(10)]
    assert all(notes == told for notes, told in counts)
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def count_notes(file: Path) -> tuple[int, int]:
    """How many notes a backup has, and how many it says that there are."""
    notes, told = 0, 0
    for table, columns, batches in read_rows(file):
        rows = [dict(zip(columns, row, strict=True)) for batch in batches for row in batch]
        if table == "notes":
            notes = len(rows)
        if table == "installation":
            told = next(int(row["value"]) for row in rows if row["name"] == "notes")
    return notes, told


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    turnout = on_new_database(tmp_path)
    turnout.ok("org", "create", "acme", "--name", "Acme")
    return turnout


def test_a_backup_is_its_owners_alone_and_never_over_another_file(turnout, tmp_path):
    file = tmp_path / "a.backup"
    assert turnout.ok("backup", file).startswith(f"{file}: ")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    again = turnout("backup", file)
    assert (again.code, again.error) == (
        1,
        f"error: {file} exists already, and is not overwritten. Choose another name.\n",
    )
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_a_command_restores_into_a_new_file(turnout, tmp_path):
    file, new = tmp_path / "a.backup", Turnout(f"sqlite:///{tmp_path}/new.db")
    turnout.ok("backup", file)
    assert new.ok("restore", file).startswith(f"{new.url}: ")
    assert new.ok("org", "list") == turnout.ok("org", "list")


def test_a_restored_database_sends_nothing_until_somebody_says_so(turnout, tmp_path):
    from tests.core.messaging.jobs import claim_all, make_login, new_job, post
    from tests.support.builder import make_organization

    with turnout.database() as db:
        org_id = db.call(make_organization, "house")
        login = db.call(make_login, org_id, "au/jo", receive_reports=False)
        number = post(db, login, new_job(name="Doors open"), ["61412345678"])
    turnout.ok("backup", tmp_path / "a.backup")
    held = Turnout(f"sqlite:///{tmp_path}/held.db")
    assert "1 messaging jobs had not ended and are paused" in held.ok(
        "restore", tmp_path / "a.backup"
    )
    with held.database() as db:
        assert claim_all(db) == []
    held.ok("job", "resume", "house", number)
    with held.database() as db:
        assert len(claim_all(db)) == 1
    going = Turnout(f"sqlite:///{tmp_path}/going.db")
    going.ok("restore", tmp_path / "a.backup", "--resume-jobs")
    with going.database() as db:
        assert len(claim_all(db)) == 1


def damage_middle(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


DAMAGE = {
    "cut short": lambda content: content[:-200],
    "cut by a byte": lambda content: content[:-1],
    "another byte in the middle": damage_middle,
    "a line is missing": lambda content: gzip.compress(
        b"".join(
            line
            for line in gzip.decompress(content).splitlines(keepends=True)
            if not line.startswith(b"[[")
        )
    ),
    "without its last line": lambda content: gzip.compress(
        b"".join(gzip.decompress(content).splitlines(keepends=True)[:-1])
    ),
    "a line too much": lambda content: gzip.compress(gzip.decompress(content) + b"[]\n"),
}
NO_BACKUP = {
    "empty": b"",
    "text": b"organization;acme\n",
    "another gzip": gzip.compress(b'{"turnout":"export","format":1,"schema":"0018","at":1}\n'),
    "of a later program": gzip.compress(b'{"turnout":"backup","format":9,"schema":"0","at":1}\n'),
    "no line": gzip.compress(b"{" * 1000),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_backup_changes_nothing(turnout, tmp_path, name):
    file = tmp_path / "a.backup"
    turnout.ok("backup", file)
    file.write_bytes(DAMAGE[name](file.read_bytes()))
    with pytest.raises(Invalid) as failure:
        backups.restore(f"sqlite:///{tmp_path}/new.db", file, progress=ignore)
    # The smallest backup is one block of gzip, so that damage in it can hide the head, too.
    assert failure.value.code in {"backup.damaged", "backup.none"}
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("name", NO_BACKUP)
def test_a_file_that_is_no_backup_is_refused(tmp_path, name):
    file = tmp_path / "a.backup"
    file.write_bytes(NO_BACKUP[name])
    with pytest.raises(Invalid) as failure:
        backups.restore(f"sqlite:///{tmp_path}/new.db", file, progress=ignore)
    assert failure.value.code in {"backup.none", "backup.damaged"}
    assert not (tmp_path / "new.db").exists()


def test_a_backup_of_a_later_schema_asks_for_the_newer_program(tmp_path):
    file = tmp_path / "a.backup"
    lines = (
        b'{"turnout":"backup","format":1,"schema":"9999","at":1}\n{"tables":{},"sequences":{}}\n'
    )
    file.write_bytes(gzip.compress(lines))
    with pytest.raises(Unavailable) as failure:
        backups.restore(f"sqlite:///{tmp_path}/new.db", file, progress=ignore)
    assert failure.value.code == "schema.newer"


def test_data_is_never_restored_over(url, db, tmp_path):
    """The database of this test has a schema, and then an organization."""
    from tests.support.builder import make_organization

    source = on_new_database(tmp_path)
    source.ok("org", "create", "acme", "--name", "Acme")
    source.ok("backup", tmp_path / "a.backup")
    db.call(make_organization, "house")
    with pytest.raises(Conflict) as failure:
        backups.restore(url, tmp_path / "a.backup", progress=ignore)
    assert failure.value.code == "backup.not_empty"
    assert not url.startswith("postgresql:") or "turnout:***@" in failure.value.message
    assert ask(url, "SELECT slug FROM organizations") == [("house",)]


def test_a_database_that_is_not_there_is_told_how_to_make_it(cluster, tmp_path):
    source = on_new_database(tmp_path)
    source.ok("backup", tmp_path / "a.backup")
    url = cluster.create_database().rpartition("/")[0] + "/nowhere"
    result = Turnout(url)("restore", tmp_path / "a.backup")
    assert result.code == 1
    assert 'database "nowhere" does not exist' in result.error
    assert "CREATE DATABASE" in result.error


def test_a_failure_in_the_middle_leaves_an_empty_database_that_can_be_restored(url, tmp_path):
    """The rows of the last table refer to what the backup does not hold."""
    source = on_new_database(tmp_path)
    source.ok("org", "create", "acme", "--name", "Acme")
    source.ok("token", "create", "acme")
    file = tmp_path / "a.backup"
    source.ok("backup", file)
    good = file.read_bytes()
    lines = gzip.decompress(good).splitlines(keepends=True)
    place = next(
        at for at, line in enumerate(lines) if line.startswith(b'{"table":"organizations"')
    )
    broken = [*lines[: place + 1], *lines[place + 2 :]]
    broken[-1] = broken[-1].replace(b'"organizations":1', b'"organizations":0')
    file.write_bytes(gzip.compress(b"".join(broken)))
    with pytest.raises(Invalid) as failure:
        backups.restore(url, file, progress=ignore)
    assert failure.value.code == "backup.unlike"
    assert ask(url, "SELECT count(*) FROM credentials") == [(0,)]
    file.write_bytes(good)
    backups.restore(url, file, progress=ignore)
    assert ask(url, "SELECT slug FROM organizations") == [("acme",)]


def test_a_database_without_tables_has_nothing_to_back_up(tmp_path):
    (tmp_path / "turnout.db").touch()
    with pytest.raises(Unavailable) as failure:
        backups.back_up(f"sqlite:///{tmp_path}/turnout.db", tmp_path / "a.backup", progress=ignore)
    assert failure.value.code == "backup.nothing"
    assert [path.name for path in tmp_path.iterdir()] == ["turnout.db"]
