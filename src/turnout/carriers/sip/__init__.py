"""Calls over SIP trunks. README.md says what is promised; docs/calls.md is for operators."""

from turnout.carriers import Network
from turnout.carriers.sip.carrier import SipCarrier
from turnout.carriers.sip.probing import probe
from turnout.carriers.sip.settings import SipSettings

__all__ = ["NETWORK", "SipCarrier", "SipSettings"]

NETWORK = Network(
    name="sip",
    channels=SipCarrier.channels,
    settings=SipSettings,
    make=SipCarrier,
    has_accounts=True,
    probe=probe,
)
