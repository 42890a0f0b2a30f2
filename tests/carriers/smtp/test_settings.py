import re
import socket

import msgspec
import pytest

from tests.carriers.smtp.samples import BOUNCES, SECRET
from turnout.carriers.smtp import SmtpSettings


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"helo_name": "a b"}, "helo_name must be a host name in ASCII, not 'a b'"),
        ({"helo_name": "a\r\nQUIT"}, "helo_name must be a host name in ASCII, not 'a\\r\\nQUIT'"),
        ({"dkim_domain": "ü.de"}, "dkim_domain must be a host name in ASCII, not 'ü.de'"),
        (
            {"return_path_domain": BOUNCES, "return_path_secret": "short"},
            "return_path_secret needs at least 16 characters, so that nobody can forge bounces",
        ),
        ({"listen_port": 0}, "listen_port needs return_path_domain: bounces are sent there"),
        ({"dkim_domain": "example.org"}, "dkim_domain and dkim_keys go together"),
        ({"dkim_keys": {"a": "key.pem"}}, "dkim_domain and dkim_keys go together"),
        ({"password": "p"}, "password needs a username"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, fault):
    with pytest.raises(ValueError, match=f"^{re.escape(fault)}$"):
        SmtpSettings(host="relay", **settings)
    with pytest.raises(msgspec.ValidationError, match=f"^{re.escape(fault)}"):
        msgspec.convert({"host": "relay"} | settings, SmtpSettings)


def test_secrets_are_not_shown():
    settings = SmtpSettings(
        host="relay",
        username="ada",
        password="hunter2hunter2",
        return_path_domain=BOUNCES,
        return_path_secret=SECRET,
    )
    assert repr(settings) == str(settings) == "SmtpSettings('ada' at relay:25, tls=opportunistic)"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"helo_name": "mail.example.org"}, "mail.example.org"),
        ({"return_path_domain": BOUNCES, "return_path_secret": SECRET}, BOUNCES),
        ({"helo_name": "[127.0.0.1]"}, "[127.0.0.1]"),
        ({}, socket.gethostname()),
    ],
)
def test_own_name(settings, name):
    assert SmtpSettings(host="relay", **settings).own_name == name
