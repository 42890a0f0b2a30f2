"""The migration that takes values of people out of the audit."""

import json
from pathlib import Path

import pytest

from tests.store.migrations.test_running import ask
from turnout.store.migrations.running import migrate
from turnout.store.migrations.versions import __path__ as versions

BEFORE = f"{int(next(Path(versions[0]).glob('*_forgotten.py')).name[:4]) - 1:04}"
ENTRIES = [
    ("learner", {"code": "L-1", "count": 2}, {"count": 2}),
    (
        "person",
        {"email": ["a@x.example", "b@x.example"], "fields": ["email"]},
        {"fields": ["email"]},
    ),
    ("person", {"other": 7}, {"other": 7}),
    ("registration", {"answers": {"Diet": "vegan"}, "codes": ["ABC"]}, {"codes": ["ABC"]}),
    ("registration", {"sessions": [1, 2], "first_name": "Ann"}, {"sessions": [1, 2]}),
    ("registration", {"mode": "live", "interval": [1, 2]}, {"mode": "live", "interval": [1, 2]}),
    ("opt_out", {"medium": "email", "address": "a@x.example"}, {"medium": "email"}),
    ("event", {"title": "Gala"}, {"title": "Gala"}),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/old.db"
    else:
        url = request.getfixturevalue("cluster").create_database()
    migrate(url, BEFORE)
    return url


def test_only_numbers_and_names_of_fields_stay(url):
    ask(url, "INSERT INTO distributors VALUES (1, 'Turnout', 1, 0)")
    ask(
        url,
        "INSERT INTO organizations (org_id, uuid, distributor_id, slug, name, timezone,"
        " locale, created_at, updated_at) VALUES (1, 'u', 1, 'acme', 'X', 'UTC', 'en', 1, 1)",
    )
    count = 5_000
    for id_, (noun, facts, _) in enumerate(ENTRIES):
        for number in (id_, count + id_):
            values = f"1, {number}, 1, 'cli:eve', 'changed', '{noun}', 1, '{json.dumps(facts)}'"
            ask(url, f"INSERT INTO audit_entries VALUES ({values})")
    ask(
        url,
        "INSERT INTO audit_entries (org_id, id, at, actor, action, noun, noun_id, facts)"
        f" WITH RECURSIVE n (n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM n WHERE n < {count - 1})"
        " SELECT 1, n, 1, 'x', 'x', 'person', 1, '{\"email\":\"a@x.example\"}' FROM n",
    )
    migrate(url)
    found = ask(url, f"SELECT id, facts FROM audit_entries WHERE id < 10 OR id >= {count}")
    kept = {number: json.loads(facts) for number, facts in found}
    assert kept == {
        number: facts for id_, (_, _, facts) in enumerate(ENTRIES) for number in (id_, count + id_)
    }
    left = "SELECT count(*) FROM audit_entries WHERE facts LIKE '%@x.example%'"
    assert ask(url, left) == [(0,)]
    assert ask(url, "SELECT count(*) FROM audit_entries") == [(count - 10 + 2 * len(ENTRIES),)]
