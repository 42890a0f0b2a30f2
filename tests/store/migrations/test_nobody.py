"""The migration that takes mails which no user asked for away from the first user."""

from pathlib import Path

import pytest

from tests.store.migrations.test_running import ask
from turnout.store.migrations.running import migrate
from turnout.store.migrations.versions import __path__ as versions

BEFORE = f"{int(next(Path(versions[0]).glob('*_nobody.py')).name[:4]) - 1:04}"
JOBS = (
    (1, "notice", "Your ticket: Dinner"),
    (2, "notice", "You are on the waiting list: Dinner"),
    (3, "notice", "A place is free: Dinner"),
    (4, "notice", "No place is free: Dinner"),
    (5, "notice", "There are places: Dinner"),
    (6, "notice", "Report: Your ticket: Dinner (1 sent, 0 failed)"),
    (7, "notice", "Spending of au/x: 5.00 this month"),
    (8, "broadcast", "Your ticket: Dinner"),
    (9, "code", "Your verification code"),
    (10, "code", "Your verification code"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/old.db"
    else:
        url = request.getfixturevalue("cluster").create_database()
    migrate(url, BEFORE)
    ask(url, "INSERT INTO distributors (id, name, created_at) VALUES (1, 'Turnout', 1)")
    ask(
        url,
        "INSERT INTO organizations (org_id, uuid, distributor_id, slug, name, timezone, locale,"
        " created_at, updated_at) VALUES (7, 'u7', 1, 'acme', 'X', 'UTC', 'en', 1, 1)",
    )
    return url


def test_only_what_no_user_asked_for_becomes_nobodys(url):
    for number, kind, name in JOBS:
        ask(
            url,
            "INSERT INTO jobs (org_id, id, user_id, kind, job_type, channel, lane, name, state,"
            " sender, content, options, list_ids, is_deduped, timezone, accepted_at,"
            f" scheduled_local) VALUES (7, {number}, 4, '{kind}', 'EMAIL', 'email', 'email',"
            f" '{name}', 'complete', '', '{{}}', '{{}}', '[]', 0, 'UTC', {number}, '')",
        )
    for purpose, at in (("watch", 9), ("api", 10)):
        ask(
            url,
            "INSERT INTO verification_codes (org_id, purpose, client_key, id, destination_key,"
            f" digest, created_at) VALUES (7, '{purpose}', 'k', {at}, 'd', 'x', {at})",
        )
    migrate(url)
    owners = dict(ask(url, "SELECT id, user_id FROM jobs"))
    assert owners == dict.fromkeys((1, 2, 3, 4, 5, 9), 0) | dict.fromkeys((6, 7, 8, 10), 4)
