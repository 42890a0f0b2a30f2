"""A user's settings about jobs by e-mail are the same over the API before and after 0020."""

import base64
import json

import pytest

from tests.dialects.messaging.cases import EVERY_FIELD
from tests.support.node import BACKENDS, Clock, open_node
from tests.upgrade.data import ask, execute, read_facts, restore
from turnout.core.identity.model import Profile
from turnout.store.migrations.running import migrate

SETTINGS = {name: value for name, value in EVERY_FIELD.items() if name.startswith("etob_")}
# Values that look like members, as JSON writes them: none of them is a name.
TRAPS = {
    "title": "etob_disabled",
    "fax_header_text": '"etob_disabled":true,"etob_ip_whitelist":"\\',
    "tts_message_prefix": '\\"etob_xheader_code":"Grüße",',
    "credit_limit_for_alert": 0.1,
}
STORED = json.dumps(
    {"first_name": "Ann"} | SETTINGS | TRAPS, separators=(",", ":"), ensure_ascii=False
)


@pytest.mark.parametrize("backend", BACKENDS)
def test_settings_about_jobs_by_email_are_kept(backend, tmp_path, request):
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = restore("0018", backend, tmp_path, cluster)
    migrate(url, "0019")
    quoted = STORED.replace("'", "''")
    execute(url, f"UPDATE users SET profile = '{quoted}' WHERE user_code = 'House-Acct'")
    others = "SELECT org_id, id, profile FROM users WHERE user_code <> 'House-Acct'"
    before = ask(url, others)
    migrate(url)
    assert ask(url, others) == before
    ((stored,),) = ask(url, "SELECT profile FROM users WHERE user_code = 'House-Acct'")
    members = json.loads(stored)
    assert members.keys() <= set(Profile.__struct_fields__)
    for new, old in zip(members, json.loads(STORED), strict=True):
        stored = stored.replace(f'"{new}":', f'"{old}":')
    assert stored == STORED
    facts = read_facts("0018", backend)
    with open_node(url, clock=Clock(facts["made_at"] + 60_000)) as node:
        view = _read_self(node, facts["credentials"])
    assert {name: view[name] for name in SETTINGS | TRAPS} == SETTINGS | TRAPS


def _read_self(node, credentials):
    secret = next(
        credential["secret"]
        for credential in credentials
        if credential.get("user_code") == "House-Acct"
    )
    basic = base64.b64encode(f"House-Acct:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    return node.client.request("GET", "/api/v1/users", headers=headers).json()["data"]
