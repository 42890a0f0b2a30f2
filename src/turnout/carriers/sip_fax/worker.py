"""The process that faxes: `python -m turnout.carriers.sip_fax.worker`.

JSON lines on stdin and stdout. The first line has the settings of the trunk (SipFaxSettings) and
`spool`, the folder of TIFFs, which go by name and never through a pipe, and `outbound_allow`, the
private networks to which media may go. Then

    -> {"op": "call", "id": …, "to": …, "from": …, "ring_s": …, "max_s": …,
        "fax": {"file": name, "first": page, "ident": …, "header": …, "zone": …, "ecm": …}}
       {"op": "cancel", "id": …, "how": …, "answered": …}   ends it, an answered one if so said
       {"op": "redirect", "id": …, "to": number or ""}      answers `moved`: "" = no
    <- {"event": "ready"}, {"event": "refused", "sip": …, "reason": …}: the trunk
       {"event": "ringing" | "answered", "id": …}
       {"event": "moved", "id": …, "to": …}     the trunk says (301, 302) to call there instead
       {"event": "end", "id": …, "how": …, "sip": …, "q850": …, "reason": …, "retry_after": …,
        "duration": …, "rung": …, "pages": …, "heard": …, "way": …, "said": …, "bit_rate": …,
        "ecm": …, "ident": …}
       {"event": "beat", "calls": …}            every few seconds
       {"event": "fault", "id": …, "error": …, "where": …}   ours; it ended that call

`first` is 0 for the first page; `pages` is how many pages of the file the other end has confirmed,
those before `first` too. `how` is `faxed` (it was answered; `heard`: by a fax machine), `failed`,
`lost` (the line to the trunk broke behind the INVITE), `ring` (nobody answered in time), `no_fax`,
`long`, `unreadable` (an answer without media that we speak), `astray` (media are to go where
nothing is sent), or as it was cancelled. At the end of stdin it goes on until the last call ends,
or its parent is gone.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from turnout.carriers.sip_fax.agent import Agent
from turnout.carriers.sip_fax.calls import OneFax
from turnout.carriers.sip_fax.spandsp import MISSING, Sheets, is_available
from turnout.carriers.trunks.pipe import Answers, read_first_line, take_stdout
from turnout.carriers.trunks.working import TrunkWorker

_PAGE_437 = "cp437"


class Worker(TrunkWorker):
    """The faxes of this process."""

    stack: Agent

    def __init__(self, told: dict[str, Any], answers: Answers) -> None:
        super().__init__(told, answers)
        self._spool = Path(told["spool"])
        self.stack = Agent(told, self.tell_trunk)

    def new_call(self, asked: dict[str, Any]) -> OneFax:
        """A fax that is not begun."""
        fax = asked["fax"]
        sheets = Sheets(
            path=str(self._spool / fax["file"]),
            first=fax["first"],
            ident=fax["ident"],
            header=fax["header"].encode(_PAGE_437, "replace"),
            zone=fax["zone"],
            has_ecm=fax["ecm"],
        )
        return OneFax(asked, self.stack, self.told, sheets, self.answers.write)

    def take(self, asked: dict[str, Any]) -> None:
        """What the parent asks."""
        if asked["op"] != "redirect":
            super().take(asked)
        elif call := self.calls.get(asked["id"]):
            call.redirect(asked["to"])


async def work(answers: Answers) -> None:
    """Answer until stdin ends."""
    told = json.loads(read_first_line())
    if not is_available():
        answers.write({"event": "broken", "reason": MISSING})
        return
    try:
        await Worker(told, answers).run()
    except Exception as error:  # noqa: BLE001 (an edge: the parent is told whatever it is)
        answers.write({"event": "broken", "reason": f"{type(error).__name__}: {error}"})


def main() -> None:
    """Fax, as stdin asks."""
    asyncio.run(work(take_stdout()))


if __name__ == "__main__":
    main()
