"""Addresses that once had one key with another's: rows follow the address that was typed first, and
two people who shared one stay one."""

import pytest

from tests.support.node import BACKENDS
from tests.upgrade.data import ask, execute, restore
from turnout.core.people.merging import count_people, merge_person
from turnout.core.people.model import Contact
from turnout.settings import Settings
from turnout.store import open_database
from turnout.store.migrations.running import migrate

# What was typed first, and the key of that time.
KNOWN = {
    "\ufb01ona@m\u00fcnchen.de": "fiona@xn--mnchen-3ya.de",
    "Wei\u00df@mail.test": "weiss@mail.test",
    "mi\u212ae@mail.test": "mike@mail.test",
    "JOS\u00c9@mail.test": "jos\u00e9@mail.test",
    "ada@M\u00dcNCHEN.de": "ada@xn--mnchen-3ya.de",
}
KEYS = {
    "\ufb01ona@m\u00fcnchen.de": "\ufb01ona@xn--mnchen-3ya.de",
    "Wei\u00df@mail.test": "wei\u00df@mail.test",
    "mi\u212ae@mail.test": "mi\u212ae@mail.test",
    "JOS\u00c9@mail.test": "jos\u00e9@mail.test",
    "ada@M\u00dcNCHEN.de": "ada@xn--mnchen-3ya.de",
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_rows_follow_the_address_that_was_typed_first(request, tmp_path, backend):
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = restore("0018", backend, tmp_path, cluster)
    [(org_id,)] = ask(url, "SELECT org_id FROM organizations WHERE slug = 'house'")
    blanks = "'', 'A', '', '', '', '', '', '', '', '', '', '', '', 0, 0"
    for number, (email, key) in enumerate(KNOWN.items(), start=900_000):
        execute(
            url,
            f"INSERT INTO people VALUES ({org_id}, {number}, 'u{number}', '{email}', '{key}',"
            f" {blanks})",
        )
    migrate(url)
    of_these = "SELECT email, email_key FROM people WHERE id >= 900000 AND uuid LIKE 'u90%'"
    assert dict(ask(url, of_these)) == KEYS
    db = open_database(Settings(database_url=url))
    try:
        before = db.call(count_people, org_id)
        for number, email in enumerate(KNOWN, start=900_000):
            assert db.call(merge_person, org_id, Contact(email=email)).id == number
        assert db.call(count_people, org_id) == before
        assert db.call(merge_person, org_id, Contact(email="weiss@mail.test")).is_new
    finally:
        db.close()
