import msgspec
import pytest

from tests.carriers.smpp.carrying import NOW, settings_for
from turnout.carriers.smpp import SmppCarrier, SmppSettings

LEAST = {"host": "smsc.example.org", "system_id": "turnout", "password": "hunter2"}


def test_the_least_that_must_be_said():
    settings = msgspec.convert(LEAST, SmppSettings)
    assert (settings.port, settings.binds, settings.window, settings.rate) == (2775, 1, 100, 0)
    assert (settings.tls, settings.receipts, settings.receipt_ids) == (False, True, "same")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("host", ""),
        ("port", 0),
        ("binds", 0),
        ("window", 0),
        ("rate", -1),
        ("receipt_ids", "octal"),
        ("patience_s", 0),
        ("password", "geheim\0"),
        ("system_id", "türnout"),
    ],
)
def test_what_cannot_be_is_refused(member: str, value: object):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**LEAST, member: value}, SmppSettings)


def test_the_password_is_not_shown():
    settings = msgspec.convert(LEAST, SmppSettings)
    assert str(settings) == repr(settings) == "SmppSettings('turnout' at smsc.example.org:2775)"


def test_authorities_that_cannot_be_read_are_refused(tmp_path):
    missing = tmp_path / "missing.pem"
    with pytest.raises(ValueError, match=r"tls_ca_file .*missing\.pem: .*No such file"):
        SmppCarrier(settings_for(1, tls=True, tls_ca_file=str(missing)), lambda: NOW)
