"""Whether a trunk answers, and faxes can be made at all, as `turnout doctor` asks."""

import sys

from turnout.carriers import UnfitError
from turnout.carriers.sip_fax.settings import SipFaxSettings
from turnout.carriers.sip_fax.spandsp import MISSING, is_available
from turnout.carriers.sip_fax.trunk import WORKER
from turnout.carriers.trunks.probing import probe_trunk
from turnout.formats import fax

NO_PAGES = "documents cannot be drawn: the extra turnout[fax] is not installed"


def probe(settings: SipFaxSettings) -> str:
    """What the trunk answered, and that it has registered us. Raises OSError that says what it did
    not; UnfitError, which is one, for what is missing here."""
    if not is_available():
        raise UnfitError(MISSING, "Install it.")
    if not fax.is_available():
        raise UnfitError(NO_PAGES, "pip install --require-hashes -r requirements/fax.txt")
    return probe_trunk(settings, (sys.executable, "-m", WORKER.module))
