"""What may be said of a trunk."""

import pytest

from turnout.carriers import networks
from turnout.carriers.sip import SipSettings
from turnout.carriers.trunks.trunk_settings import to_worker
from turnout.settings import Settings


def test_ports_and_domain_follow_from_the_rest() -> None:
    plain = to_worker(SipSettings(host="sip.example.com"))
    assert (plain["port"], plain["domain"], plain["transport"]) == (5061, "sip.example.com", "tls")
    other = to_worker(SipSettings(host="192.0.2.1", transport="tcp", domain="trunk.example"))
    assert (other["port"], other["domain"]) == (5060, "trunk.example")
    assert to_worker(SipSettings(host="192.0.2.1", port=5080))["port"] == 5080


def test_none_leaves_out_what_is_there_by_default() -> None:
    carriers = {"sip_host": "sip.example.com", "sip_dial_prefix": "none", "sip_opt_out_key": "none"}
    found = networks.read(Settings(carriers=carriers), "sip")
    assert (found.dial_prefix, found.opt_out_key) == ("", "")
    usual = networks.read(Settings(carriers={"sip_host": "sip.example.com"}), "sip")
    assert (usual.dial_prefix, usual.opt_out_key) == ("+", "9")


@pytest.mark.parametrize(
    "members",
    [
        {"host": "two words"},
        {"domain": "a;b"},
        {"username": 'a"b'},
        {"password": 'a"b'},
        {"password": "a\\b"},
        {"tls_ca_file": "a\nb"},
        {"opt_out_key": "99"},
        {"opt_out_key": "x"},
        {"rtp_ports": "20000"},
        {"rtp_ports": "20000-10000"},
        {"rtp_ports": "24901-24919"},
        {"caller_id": "<sip:x>"},
        {"register": True},
    ],
)
def test_what_cannot_be_written_into_sip_is_refused(members: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(members))):
        SipSettings(**{"host": "sip.example.com"} | members)  # type: ignore[arg-type]


def test_a_password_is_not_shown() -> None:
    said = repr(SipSettings(host="sip.example.com", username="me", password="secret"))
    assert said == "SipSettings('me' at sip.example.com:0)"
