"""A trunk that carries faxes: its workers read pages from the spool."""

from collections.abc import Sequence

from turnout.carriers import House
from turnout.carriers.sip_fax.pages import Pages
from turnout.carriers.sip_fax.settings import SipFaxSettings
from turnout.carriers.trunks.trunk import Trunk, WorkerKind

WORKER = WorkerKind("turnout.carriers.sip_fax.worker", 10)


class FaxTrunk(Trunk):
    """See `Trunk`."""

    settings: SipFaxSettings

    def __init__(
        self, name: str, settings: SipFaxSettings, house: House, command: Sequence[str] = ()
    ) -> None:
        super().__init__(name, settings, house, WORKER, command)
        self.pages = Pages(house.db)
