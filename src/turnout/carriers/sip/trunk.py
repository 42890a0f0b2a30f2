"""A trunk that carries calls: its workers speak, and read what is said from the spool."""

from collections.abc import Sequence

from turnout.carriers import House, Inbox
from turnout.carriers.sip.scripts import Scripts
from turnout.carriers.sip.settings import SipSettings
from turnout.carriers.trunks.trunk import Trunk, WorkerKind

WORKER = WorkerKind("turnout.carriers.sip.worker", 60)


class SipTrunk(Trunk):
    """See `Trunk`."""

    settings: SipSettings
    scripts: Scripts

    def __init__(
        self, name: str, settings: SipSettings, house: House, command: Sequence[str] = ()
    ) -> None:
        super().__init__(name, settings, house, WORKER, command)

    def start(self, inbox: Inbox) -> None:
        """Start the workers, which register where that is asked for."""
        super().start(inbox)
        house, key = self.house, self.settings.opt_out_key
        self.scripts = Scripts(self.spool, house.speech, house.db, opt_out_key=key)
