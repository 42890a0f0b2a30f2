"""The throwaway server: databases that are cheap and apart, and no way to leave one running."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.support import postgresql_binaries as binaries
from tests.support.postgresql import Cluster

ROOT = Path(__file__).parents[2]


def ask(url: str, statement: str):
    with psycopg.connect(url) as connection:
        (answer,) = connection.execute(statement).fetchone() or ()
        return answer


def test_a_database_is_a_copy_of_its_template(cluster: Cluster):
    template = cluster.create_database()
    with psycopg.connect(template) as connection:
        connection.execute("CREATE TABLE guests AS SELECT 'Ada' AS name")

    copy = cluster.create_database(template)
    with psycopg.connect(copy) as connection:
        connection.execute("UPDATE guests SET name = 'Bob'")

    assert ask(copy, "SELECT name FROM guests") == "Bob"
    assert ask(template, "SELECT name FROM guests") == "Ada"


def test_a_dropped_database_is_gone_even_while_in_use(cluster: Cluster):
    url = cluster.create_database()
    with psycopg.connect(url) as connection:
        cluster.drop_database(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)
    cluster.drop_database(url)


def test_the_server_has_what_the_product_relies_on(cluster: Cluster):
    url = cluster.create_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
    assert ask(url, "SHOW max_connections") == "200"
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert ask(url, "SHOW fsync") == "off"


def test_a_durable_server_waits_for_the_disk_and_stops_twice():
    with Cluster.start(fsync=True) as cluster:
        url = cluster.create_database()
        assert ask(url, "SHOW fsync") == "on"
    cluster.stop()
    assert not cluster.folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_a_server_ends_with_its_starter(end: str):
    command = [sys.executable, "-m", "tests.support.postgresql", "serve"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        url = starter.stdout.readline().strip()
        folder = Path(ask(url, "SHOW data_directory")).parent
        getattr(starter, end)()

    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(url)


def install_fake_server(folder: Path, version: int) -> Path:
    folder.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}.3'\n")
        program.chmod(0o755)
    return folder


@pytest.fixture
def bare_machine(tmp_path, monkeypatch):
    """A machine without PostgreSQL that can fetch nothing; servers may be put in `tmp_path`."""
    monkeypatch.setattr(binaries, "PLACES", [f"{tmp_path}/*/bin"])
    monkeypatch.setattr(binaries, "WHEEL", tmp_path / "wheel")
    monkeypatch.setattr(binaries, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", "/nonexistent")
    binaries.get_binaries.cache_clear()
    yield tmp_path
    binaries.get_binaries.cache_clear()


def test_the_newest_installed_server_is_used(bare_machine, monkeypatch):
    install_fake_server(bare_machine / "9/bin", 9)
    newest = install_fake_server(bare_machine / "17/bin", 17)
    monkeypatch.setenv("PATH", str(install_fake_server(bare_machine / "path", 15)))
    assert binaries.get_binaries() == newest


def test_a_server_that_is_too_old_is_not_used(bare_machine):
    install_fake_server(bare_machine / "13/bin", 13)
    assert binaries.find_binaries() is None


def test_without_any_server_the_message_says_what_to_do(bare_machine):
    with pytest.raises(binaries.PostgresqlError, match="apt-get install postgresql"):
        binaries.get_binaries()
