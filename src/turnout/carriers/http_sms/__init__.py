"""A carrier for SMS and MMS providers that are reached by HTTP forms; see README.md."""

from turnout.carriers.http_sms.carrier import HttpSmsCarrier
from turnout.carriers.http_sms.settings import HttpSmsSettings
from turnout.carriers.http_sms.webhook import PATH, build_webhook

__all__ = ["PATH", "HttpSmsCarrier", "HttpSmsSettings", "build_webhook"]
