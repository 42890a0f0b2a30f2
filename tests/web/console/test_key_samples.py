"""Lines for each API: the key that was just made stands in its own."""

from turnout.core.identity.model import Credential, CredentialKind
from turnout.core.ids import CredentialId, OrgId
from turnout.web.console.credentials import Issued
from turnout.web.console.key_samples import list_samples

HERE = "https://turnout.example"
NAMES = {
    CredentialKind.API_KEY: ("registration", "API_KEY"),
    CredentialKind.COMPANY_TOKEN: ("attendance", "COMPANY_TOKEN"),
    CredentialKind.EVENT_TOKEN: ("attendance", "EVENT_TOKEN"),
    CredentialKind.DEVELOPER_SECRET: ("booking", "DEVELOPER_SECRET"),
    CredentialKind.CALENDAR_KEY: ("booking", "CALENDAR_KEY"),
}


def samples(issued: Issued | None) -> dict[str, str]:
    return {sample.title: sample.text for sample in list_samples(HERE, "au/ann", issued)}


def issue(kind: CredentialKind) -> Issued:
    made = Credential(
        OrgId(1), CredentialId(2), kind, "x", "SECR", None, None, 0, None, None, None, False
    )
    return Issued(made, "SECRET-OF-MINE")


def test_there_are_lines_for_all_five_apis_with_this_address() -> None:
    found = samples(None)
    assert list(found) == ["registration", "attendance", "booking", "messaging", "reporting"]
    assert all(HERE in text for text in found.values())
    assert "au/ann:PASSWORD" in found["messaging"]


def test_a_new_key_stands_in_the_lines_of_its_api_alone() -> None:
    usual = samples(None)
    for kind, (api, name) in NAMES.items():
        found = samples(issue(kind))
        assert found == usual | {api: usual[api].replace(name, "SECRET-OF-MINE")}
