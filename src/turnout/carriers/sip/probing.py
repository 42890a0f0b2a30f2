"""Whether a trunk answers, as `turnout doctor` asks."""

import sys

from turnout.carriers.sip.settings import SipSettings
from turnout.carriers.sip.trunk import WORKER
from turnout.carriers.trunks.probing import probe_trunk


def probe(settings: SipSettings) -> str:
    """What the trunk answered, and that it has registered us. Raises OSError that says what it did
    not."""
    return probe_trunk(settings, (sys.executable, "-m", WORKER.module))
