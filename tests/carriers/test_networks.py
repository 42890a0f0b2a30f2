"""Which networks carry messages here: chosen, checked and made from the settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.node import new_database
from turnout.carriers import networks
from turnout.carriers.http_sms import HttpSmsCarrier
from turnout.carriers.simulator import SimulatorCarrier
from turnout.carriers.smpp import SmppCarrier
from turnout.carriers.smtp import SmtpCarrier
from turnout.core.messaging.model import Channel
from turnout.settings import Settings, SettingsError
from turnout.store import Database, open_database

BASE_URL = "https://events.example.com"


def chosen(**settings: Any) -> Settings:
    return networks.load(
        {f"TURNOUT_{name.upper()}": str(value) for name, value in settings.items()}
    )


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = open_database(Settings(database_url=new_database("sqlite", tmp_path)))
    yield db
    db.close()


REAL = {
    "carrier_email": "smtp",
    "smtp_host": "relay.example.com",
    "carrier_sms": "smpp",
    "smpp_host": "smsc.example.com",
    "smpp_system_id": "me",
    "smpp_password": "secret",
    "carrier_mms": "http_sms",
    "http_sms_url": "https://provider.example.com/messages",
}


def test_the_simulator_carries_everything_until_something_else_is_chosen(db: Database) -> None:
    made = networks.make_carriers(Settings(), db, BASE_URL)
    assert set(made) == set(Channel)
    assert len(set(map(id, made.values()))) == 1
    assert isinstance(made[Channel.FAX], SimulatorCarrier)


def test_each_channel_has_the_carrier_that_was_chosen(db: Database) -> None:
    settings = chosen(**REAL)
    made = networks.make_carriers(settings, db, BASE_URL)
    kinds = {channel: type(carrier) for channel, carrier in made.items()}
    assert kinds == dict.fromkeys(Channel, SimulatorCarrier) | {
        Channel.EMAIL: SmtpCarrier,
        Channel.SMS: SmppCarrier,
        Channel.MMS: HttpSmsCarrier,
    }
    assert all(channel in carrier.channels for channel, carrier in made.items())
    assert [
        mount.prefix
        for mount in networks.mount_webhooks(settings, db, None, BASE_URL)  # type: ignore[arg-type]
    ] == ["/carriers/http_sms"]
    assert networks.mount_webhooks(Settings(), db, None, BASE_URL) == []  # type: ignore[arg-type]


def test_what_was_set_reaches_the_carriers_own_settings() -> None:
    settings = chosen(
        **REAL,
        smtp_dkim_domain="example.org",
        smtp_dkim_keys="a=/k/a.pem, b=/k/b.pem",
        smtp_plaintext_login="true",
        smpp_rate="12.5",
        smpp_port="2776",
        smpp_tls_ca_file=" ",
    )
    smtp, smpp = networks.read(settings, "smtp"), networks.read(settings, "smpp")
    assert smtp.dkim_keys == {"a": "/k/a.pem", "b": "/k/b.pem"}
    assert smtp.plaintext_login is True
    assert (smpp.rate, smpp.port, smpp.tls_ca_file) == (12.5, 2776, "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"smtp_host": ""}, "TURNOUT_SMTP_HOST: the carrier smtp needs it"),
        ({"smpp_password": ""}, "TURNOUT_SMPP_PASSWORD: the carrier smpp needs it"),
        ({"smtp_port": "x"}, "TURNOUT_SMTP_PORT: "),
        ({"smpp_port": "70000"}, "TURNOUT_SMPP_PORT: "),
        ({"smtp_tls": "perhaps"}, "TURNOUT_SMTP_TLS: "),
        ({"http_sms_url": "example.com"}, "is not an http:// or https:// address"),
        ({"smtp_dkim_domain": "x.org"}, "TURNOUT_SMTP_…: dkim_domain and dkim_keys go together"),
        ({"smtp_hots": "x"}, "TURNOUT_SMTP_HOTS in the environment is not a known setting"),
        ({"simulator_x": "1"}, "TURNOUT_SIMULATOR_X in the environment is not a known setting"),
        (
            {"carrier_email": "smpp"},
            "TURNOUT_CARRIER_EMAIL: give simulator or smtp, not 'smpp'",
        ),
        (
            {"carrier_fax": ""},
            "TURNOUT_CARRIER_FAX: give http_sms, simulator or sip_fax, not nothing",
        ),
        ({"carrier_sms": "x"}, "TURNOUT_CARRIER_SMS: give http_sms, simulator or smpp, not 'x'"),
    ],
)
def test_a_faulty_setting_is_named(changes: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        chosen(**REAL | changes)
    assert said in str(refusal.value)


def test_a_network_that_is_not_chosen_may_be_incomplete_and_is_told_of() -> None:
    settings = chosen(
        smtp_host="relay.example.com", smpp_port="2776", http_sms_url="https://x.test"
    )
    assert networks.unused(settings) == ["smtp", "http_sms"]
    assert networks.unused(chosen(**REAL)) == []


def test_a_key_that_cannot_be_read_is_a_fault_of_the_settings(db: Database) -> None:
    settings = chosen(**REAL, smtp_dkim_domain="example.org", smtp_dkim_keys="a=/no/such.pem")
    with pytest.raises(SettingsError, match="The carrier smtp cannot be used"):
        networks.make_carriers(settings, db, BASE_URL)


def test_addresses_to_try() -> None:
    settings = chosen(**REAL)
    assert networks.find_address(settings, "smtp") == ("relay.example.com", 25)
    assert networks.find_address(settings, "smpp") == ("smsc.example.com", 2775)
    assert networks.find_address(settings, "http_sms") == ("provider.example.com", 443)
    assert networks.find_address(settings, "simulator") is None
    assert networks.list_used(settings) == {
        "smtp": ["email"],
        "smpp": ["sms"],
        "http_sms": ["mms"],
        "simulator": ["tts", "voice", "fax"],
    }


def test_secrets_are_not_shown() -> None:
    settings = chosen(
        **REAL, http_sms_webhook_secret="hush", smtp_username="me", smtp_password="hush"
    )
    shown = {name: value for name, value, *_ in networks.describe(settings)}
    assert "hush" not in shown.values()
    assert "secret" not in shown.values()
    assert shown["TURNOUT_SMTP_PASSWORD"] == shown["TURNOUT_SMPP_PASSWORD"] == "***"
    assert shown["TURNOUT_HTTP_SMS_WEBHOOK_SECRET"] == "***"
