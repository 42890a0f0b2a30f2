"""Windows that run are carried over: nobody may do more because of an upgrade."""

import pytest

from tests.support.node import BACKENDS
from tests.upgrade.data import ask, execute, restore
from turnout.store.migrations.running import migrate

BEGUN = 1_800_000_000_000


@pytest.mark.parametrize("backend", BACKENDS)
def test_running_windows_are_carried_over(backend, tmp_path, request):
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = restore("0018", backend, tmp_path, cluster)
    migrate(url, "0030")
    ((org_id,),) = ask(url, "SELECT min(org_id) FROM organizations")
    for table, values in (
        ("rate_windows", f"'register', {BEGUN}, 7"),
        ("form_windows", f"'digest', {BEGUN}, {BEGUN + 300_000}, 8"),
        ("verification_tries", f"'watch', 'key', {BEGUN}, 600000, 9"),
    ):
        execute(url, f"DELETE FROM {table}")
        execute(url, f"INSERT INTO {table} VALUES ({org_id}, {values})")
    migrate(url)
    assert sorted(map(tuple, ask(url, "SELECT * FROM windows"))) == [
        (org_id, "forms", "digest", BEGUN, BEGUN + 300_000, 8),
        (org_id, "requests", "register", BEGUN, BEGUN + 60_000, 7),
        (org_id, "watch codes", "key", BEGUN, BEGUN + 600_000, 9),
    ]
