"""Faxes over SIP trunks. README.md says what is promised; docs/faxes.md is for operators."""

from turnout.carriers import Network
from turnout.carriers.sip_fax.carrier import SipFaxCarrier
from turnout.carriers.sip_fax.probing import probe
from turnout.carriers.sip_fax.settings import SipFaxSettings

__all__ = ["NETWORK", "SipFaxCarrier", "SipFaxSettings"]

NETWORK = Network(
    name="sip_fax",
    channels=SipFaxCarrier.channels,
    settings=SipFaxSettings,
    make=SipFaxCarrier,
    has_accounts=True,
    probe=probe,
)
