"""What `turnout doctor` says of networks that carry calls."""

from turnout.carriers import networks
from turnout.cli.checking_networks import check_carriers
from turnout.cli.finding import Finding

GATEWAY = {
    "TURNOUT_CARRIER_TTS": "http_sms",
    "TURNOUT_CARRIER_FAX": "http_sms",
    "TURNOUT_HTTP_SMS_URL": "http://127.0.0.1:9/calls",
}


def found(**more: str) -> list[Finding]:
    return list(check_carriers(networks.load(GATEWAY | more)))


def test_a_gateway_for_calls_needs_a_secret_and_prices() -> None:
    said = [(one.seen, one.is_failure) for one in found() if "answer" not in one.seen]
    unset = "nothing can tell the outcome of tts, fax: TURNOUT_HTTP_SMS_WEBHOOK_SECRET is not set"
    free = "TURNOUT_PRICES has no price for tts, fax: no hour's spending is limited"
    assert [one for one in said if "simulator" not in one[0]] == [(unset, True), (free, False)]


def test_a_gateway_that_has_both_is_only_reached() -> None:
    settings = {"TURNOUT_HTTP_SMS_WEBHOOK_SECRET": "a key", "TURNOUT_PRICES": "tts=0.2 fax:61=0.3"}
    said = " ".join(one.seen for one in found(**settings))
    assert "carries tts, fax; 127.0.0.1:9 does not answer" in said
    assert ("nothing can tell" in said, "no price" in said) == (False, False)


def test_what_is_wrong_here_is_no_network_that_does_not_answer() -> None:
    trunk = {
        "TURNOUT_CARRIER_FAX": "sip_fax",
        "TURNOUT_SIP_FAX_HOST": "127.0.0.1",
        "TURNOUT_SIP_FAX_TLS_CA_FILE": "/none.pem",
    }
    [wrong] = [one for one in found(**trunk) if "/none.pem" in one.seen]
    assert ("does not answer" in wrong.seen, wrong.is_failure) == (False, True)
    assert wrong.advice == "Correct …_TLS_CA_FILE, or let this user read the file."
