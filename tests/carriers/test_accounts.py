"""Further accounts of networks: their names and settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.carriers.test_networks import BASE_URL, REAL, chosen
from tests.support.node import new_database
from turnout.carriers import networks
from turnout.carriers.accounts import NETWORKS, list_settings, split_setting
from turnout.carriers.http_sms import HttpSmsCarrier
from turnout.carriers.routing import Router
from turnout.carriers.smpp import SmppCarrier
from turnout.core.messaging.model import Channel
from turnout.settings import Settings, SettingsError
from turnout.store import Database, open_database

UK = {
    "smpp_accounts": "uk, backup",
    "smpp_uk_host": "uk.example.com",
    "smpp_uk_port": "2776",
    "smpp_uk_system_id": "me",
    "smpp_uk_password": "hush",
    "smpp_backup_host": "backup.example.com",
    "smpp_backup_system_id": "me",
    "smpp_backup_password": "hush",
}
CHEAP = {"http_sms_accounts": "cheap", "http_sms_cheap_url": "https://cheap.example.com/send"}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = open_database(Settings(database_url=new_database("sqlite", tmp_path)))
    yield db
    db.close()


def test_no_setting_of_an_account_looks_like_one_of_the_main_account():
    fields = {
        name: set(network.settings.__struct_fields__)
        for name, network in NETWORKS.items()
        if network.has_accounts
    }
    for setting in list_settings():
        assert split_setting(setting) is None
    for name, own in fields.items():
        for field in own:
            _, _, rest = field.partition("_")
            assert rest not in own, f"{name}_{field} could be {rest} of an account"


def test_accounts_follow_the_main_one(db: Database):
    settings = chosen(**REAL, **UK)
    made = networks.make_carriers(settings, db, BASE_URL)
    router = made[Channel.SMS]
    assert isinstance(router, Router)
    assert isinstance(made[Channel.MMS], HttpSmsCarrier)
    assert networks.read(settings, "smpp_uk").port == 2776
    assert networks.find_address(settings, "smpp_backup") == ("backup.example.com", 2775)
    used = networks.list_used(settings)
    assert [name for name, channels in used.items() if "sms" in channels] == [
        "smpp",
        "smpp_uk",
        "smpp_backup",
    ]
    assert networks.read_routes(settings)[Channel.SMS].choose("61412345678", 1) == (
        "smpp",
        "smpp_uk",
        "smpp_backup",
    )


def test_routes_take_accounts_of_several_networks(db: Database):
    settings = chosen(**REAL, **UK, **CHEAP, routes_sms="44=smpp_uk:2,http_sms *=smpp>http_sms")
    made = networks.make_carriers(settings, db, BASE_URL)
    # The gateway carries both, so there is one carrier for it.
    assert made[Channel.SMS] is made[Channel.MMS]
    used = networks.list_used(settings)
    assert used["http_sms"] == ["sms", "mms"]
    assert "smpp_backup" not in used
    assert networks.unused(settings) == ["smpp_backup"]


def test_each_account_of_a_gateway_is_called_back_at_its_own_address(db: Database):
    settings = chosen(**REAL, **CHEAP, routes_mms="*=http_sms,http_sms_cheap")
    mounts = networks.mount_webhooks(settings, db, None, BASE_URL)  # type: ignore[arg-type]
    assert [mount.prefix for mount in mounts] == [
        "/carriers/http_sms",
        "/carriers/http_sms_cheap",
    ]


def test_one_account_needs_no_router(db: Database):
    made = networks.make_carriers(chosen(**REAL), db, BASE_URL)
    assert isinstance(made[Channel.SMS], SmppCarrier)


def test_the_settings_of_accounts_are_shown_without_secrets():
    shown = {name: value for name, value, *_ in networks.describe(chosen(**REAL, **UK))}
    assert shown["TURNOUT_SMPP_UK_HOST"] == "uk.example.com"
    assert shown["TURNOUT_SMPP_UK_PASSWORD"] == "***"
    assert shown["TURNOUT_SMPP_ACCOUNTS"] == "uk, backup"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"smpp_accounts": "UK"}, "TURNOUT_SMPP_ACCOUNTS: give up to 20 different names"),
        ({"smpp_accounts": "uk,uk"}, "TURNOUT_SMPP_ACCOUNTS: "),
        ({"smpp_accounts": "uk"}, "TURNOUT_SMPP_BACKUP_HOST in the environment is not a known"),
        ({"smpp_uk_password": ""}, "TURNOUT_SMPP_UK_PASSWORD: the carrier smpp_uk needs it"),
        ({"smpp_uk_prot": "1"}, "TURNOUT_SMPP_UK_PROT in the environment is not a known"),
        ({"smtp_uk_host": "x"}, "TURNOUT_SMTP_UK_HOST in the environment is not a known"),
        ({"routes_sms": "44=smpp_fr"}, "TURNOUT_ROUTES_SMS: '44=smpp_fr' is not prefix=account"),
        ({"routes_mms": "*=smpp"}, "TURNOUT_ROUTES_MMS: '*=smpp' is not prefix=account"),
    ],
)
def test_a_faulty_setting_is_named(changes: dict[str, str], said: str):
    with pytest.raises(SettingsError) as refusal:
        chosen(**REAL | UK | changes)
    assert said in str(refusal.value)


def test_accounts_of_a_network_whose_name_begins_with_another_s(db: Database):
    trunk = {"sip_fax_accounts": "uk", "sip_fax_host": "a.example", "sip_fax_uk_host": "b.example"}
    settings = chosen(carrier_fax="sip_fax", **trunk)
    assert networks.find_address(settings, "sip_fax") == ("a.example", 5061)
    assert networks.find_address(settings, "sip_fax_uk") == ("b.example", 5061)
    assert {"sip_fax", "sip_fax_uk"} <= networks.list_used(settings).keys()
    assert networks.draws_faxes(settings)
    with pytest.raises(SettingsError, match="TURNOUT_SIP_ACCOUNTS"):
        networks.check(chosen(carrier_tts="sip", sip_host="a.example", sip_accounts="fax"))
