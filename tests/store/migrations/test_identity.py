"""The migration to distributors, demo marks, owned idempotency keys and rotated keys."""

from pathlib import Path

import pytest

from tests.store.migrations.test_running import ask
from turnout.store.migrations.running import migrate
from turnout.store.migrations.versions import __path__ as versions

BEFORE = f"{int(next(Path(versions[0]).glob('*_identity.py')).name[:4]) - 1:04}"
ORGANIZATION = (
    "INSERT INTO organizations (org_id, uuid, distributor_id, slug, name, timezone, locale,"
    " created_at, updated_at) VALUES ({0}, 'u{0}', 1, '{1}', 'X', 'UTC', 'en', 1, 1)"
)
USER = (
    "INSERT INTO users (org_id, id, uuid, user_code, user_code_key, role, name, email, created_at,"
    " updated_at) VALUES ({0}, {1}, 'v{1}', 'u{1}', 'u{1}', 'Admin', 'X', 'x@example.com', 1, 1)"
)
CREDENTIAL = (
    "INSERT INTO credentials (org_id, id, kind, name, digest, hint, created_at)"
    " VALUES ({0}, {1}, '{2}', 'n', 'd{1}', '', 1)"
)
MADE = (
    "INSERT INTO audit_entries VALUES ({0}, {0}, 1, '{1}', 'created', 'organization', {0}, '{{}}')"
)
KEY = (
    "INSERT INTO idempotency_keys VALUES ({0}, '{1}', '{2}', '{3}', 'digest', '{4}', 1798794000000)"
)
JOB = (
    "INSERT INTO jobs (org_id, id, user_id, kind, job_type, channel, lane, name, state, sender,"
    " content, options, list_ids, is_deduped, timezone, accepted_at, scheduled_local) VALUES"
    " (7, 60000001, 4, 'broadcast', 'SMS', 'sms', 'bulk', 'x', 'complete', '', '{}', '{}', '[]', 0,"
    " 'UTC', 1, '')"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/old.db"
    else:
        url = request.getfixturevalue("cluster").create_database()
    migrate(url, BEFORE)
    ask(url, "INSERT INTO distributors VALUES (1, 'Turnout', 1)")
    return url


def add(url: str, *rows: str) -> None:
    for row in rows:
        ask(url, row)


def test_a_distributor_of_several_is_marked_and_of_one_is_not(url):
    add(url, ORGANIZATION.format(7, "acme"), ORGANIZATION.format(8, "beta"))
    ask(url, "INSERT INTO distributors VALUES (2, 'Own', 1)")
    add(url, ORGANIZATION.format(9, "gamma").replace("'u9', 1", "'u9', 2"))
    migrate(url)
    assert ask(url, "SELECT id, is_shared FROM distributors") == [(1, 1), (2, 0)]


def test_what_the_demo_made_is_marked_and_nothing_else(url):
    add(url, *(ORGANIZATION.format(n, s) for n, s in ((7, "demo"), (8, "beta"), (9, "acme"))))
    add(url, USER.format(7, 3), MADE.format(7, "system"), MADE.format(8, "user:3"))
    add(url, MADE.format(9, "cli:ops"))
    add(url, *(CREDENTIAL.format(n, n, "api_key") for n in (7, 8, 9)))
    migrate(url)
    marked = [(7, 1), (8, 1), (9, 0)]
    assert ask(url, "SELECT org_id, is_demo FROM organizations") == marked
    assert ask(url, "SELECT org_id, is_demo FROM credentials") == marked


def test_an_organization_named_demo_that_people_made_is_not_a_demo(url):
    add(url, ORGANIZATION.format(7, "demo"), MADE.format(7, "cli:ops"))
    migrate(url)
    assert ask(url, "SELECT is_demo FROM organizations") == [(0,)]


def test_idempotency_keys_go_to_whose_they_can_only_be(url):
    add(url, ORGANIZATION.format(7, "acme"), ORGANIZATION.format(8, "beta"))
    add(url, USER.format(7, 4), JOB)
    add(url, CREDENTIAL.format(7, 5, "api_key"), CREDENTIAL.format(7, 6, "password"))
    add(url, CREDENTIAL.format(8, 7, "api_key"), CREDENTIAL.format(8, 8, "api_key"))
    add(
        url,
        KEY.format(7, "job", "POST", "/api/v1/jobs", "60000001"),
        KEY.format(7, "form", "PUT", "/v1.0/register", "[]"),
        KEY.format(8, "form", "PUT", "/v1.0/register", "[]"),
        KEY.format(8, "lost", "POST", "/api/v1/jobs", "60000009"),
    )
    migrate(url)
    assert ask(url, "SELECT org_id, owner, key, path, answer FROM idempotency_keys") == [
        (7, "credential:5", "form", "/v1.0/register", "[]"),
        (7, "user:4", "job", "/api/v1/jobs", "60000001"),
        (8, "", "form", "/v1.0/register", "[]"),
        (8, "", "lost", "/api/v1/jobs", "60000009"),
    ]


def test_the_key_of_links_goes_on_signing(url):
    ask(url, "INSERT INTO installation_secrets VALUES ('links', 'secret', 5)")
    ask(url, "INSERT INTO installation_secrets VALUES ('codes', 'other', 5)")
    migrate(url)
    assert ask(url, "SELECT secret, created_at, ends_at FROM link_keys") == [("secret", 5, None)]
    assert ask(url, "SELECT name FROM installation_secrets") == [("codes",)]
