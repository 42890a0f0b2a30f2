"""Migrations keep the rows of every table: on an installation that has some in each."""

import pytest

from tests.support.node import BACKENDS, Clock, open_node
from tests.upgrade.data import FULL, ask_each, list_tables, read_facts, restore
from turnout.core.audience.sharing import get_shared_report, list_report_links
from turnout.core.identity.staff import list_closed_events, list_colleagues
from turnout.core.mails.defaults import list_default_texts
from turnout.core.registrations.saved_filters import list_filters
from turnout.store.migrations.running import migrate

# Tables that a migration empties or takes away on purpose, with the revision that does.
GONE: dict[str, str] = {}


def count_rows(url: str) -> dict[str, int]:
    counts = {table: f"SELECT count(*) FROM {table}" for table in list_tables(url)}
    return {table: count for table, [(count,)] in ask_each(url, counts).items()}


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_table_has_rows_and_keeps_them(backend, tmp_path, request):
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = restore(FULL, backend, tmp_path, cluster)
    before = count_rows(url)
    assert {table for table, count in before.items() if not count} == set()
    migrate(url, keeps_copy=False)
    after = count_rows(url)
    lost = {table for table, count in before.items() if after.get(table, 0) < count}
    assert lost == set(GONE)
    facts = read_facts(FULL, backend)
    org_id, event_id = facts["org_id"], facts["event_id"]
    with open_node(url, clock=Clock(), allow_demo=True) as node:
        shown = {
            label: node.db.call(get_shared_report, secret)[1].event_id
            for label, secret in facts["shared"].items()
        }
        assert shown == {"Board": event_id, "Press": event_id}
        links = node.db.call(list_report_links, org_id, event_id)
        assert {(link.label, link.has_names) for link in links} == {
            ("Board", False),
            ("Press", True),
        }
        filters = node.db.call(list_filters, org_id, event_id)
        assert {(one.name, one.query) for one in filters} == {
            ("VIPs", "ticket=1&state=confirmed"),
            ("Not in yet", "checked=no"),
        }
        texts = node.db.call(list_default_texts, org_id)
        assert [(own.kind, own.language) for own in texts] == [
            ("reminder", "de"),
            ("reminder", "en"),
        ]
        assert node.db.call(list_closed_events, org_id) == {event_id}
        seen = {one.user.name: one.event_ids for one in node.db.call(list_colleagues, org_id)}
        assert seen["Door"] == {event_id}
        page = node.client.request("GET", f"/summary/shared/{facts['shared']['Board']}")
        assert page.status == 200, page
