"""The process that calls: `python -m turnout.carriers.sip.worker`.

JSON lines on stdin and stdout. The first line has the settings of the trunk (SipSettings) and
`spool`, the folder of sounds (s16le, 8 kHz), which go by name and never through a pipe. Then

    -> {"op": "call", "id": …, "to": …, "from": …, "ring_s": …, "max_s": …, "script":
        {"lines": [name, …], "voicemail": [name, …], "gap_s": …, "detects": …, "opt_out": key,
         "sorry": name, "keys": {"1": {"say": name, "redirect": number}}}}
       {"op": "redirect", "id": …, "to": number or ""}   answers `moved` and `asks`: "" = no
       {"op": "cancel", "id": …, "how": …, "answered": …}   ends it, an answered one if so said
    <- {"event": "ready"}, {"event": "refused", "sip": …, "reason": …}: the trunk
       {"event": "ringing" | "answered" | "machine" | "bridged", "id": …}
       {"event": "key", "id": …, "key": …}
       {"event": "asks", "id": …, "to": …}      a key puts it through to there
       {"event": "moved", "id": …, "to": …}     the trunk says (302) to call there instead
       {"event": "end", "id": …, "how": …, "sip": …, "q850": …, "reason": …, "duration": …,
        "key": …, "voicemail": …, "begun": …, "redirect": …, "quality": {…}}
       {"event": "beat", "calls": …}            every few seconds
       {"event": "fault", "id": …, "error": …, "where": …}   ours; it ended that call

`how` is `answered`, `failed`, `ring` (nobody answered in time), `silent` (no sound 2 s after the
answer), `opt_out`, or as it was cancelled. At the end of
stdin it goes on until the last call ends, or its parent is gone.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from turnout.carriers.sip.calls import OneCall
from turnout.carriers.trunks.pipe import Answers, read_first_line, take_stdout
from turnout.carriers.trunks.working import TrunkWorker


class Worker(TrunkWorker):
    """The calls of this process."""

    def __init__(self, told: dict[str, Any], answers: Answers) -> None:
        from turnout.carriers.sip.stack import Stack

        super().__init__(told, answers)
        self._spool = Path(told["spool"])
        self.stack = Stack(told, self.tell_trunk)

    def new_call(self, asked: dict[str, Any]) -> OneCall:
        """A call that is not begun."""
        return OneCall(asked, self.stack, self._spool, self.answers.write)

    def take(self, asked: dict[str, Any]) -> None:
        """What the parent asks."""
        if asked["op"] != "redirect":
            super().take(asked)
        elif call := self.calls.get(asked["id"]):
            call.redirect(asked["to"])


async def work(answers: Answers) -> None:
    """Answer until stdin ends."""
    told = json.loads(read_first_line())
    try:
        await Worker(told, answers).run()
    except ImportError:
        answers.write({"event": "broken", "reason": "the extra turnout[calls] is not installed"})
    except Exception as error:  # noqa: BLE001 (an edge: the parent is told whatever it is)
        answers.write({"event": "broken", "reason": f"{type(error).__name__}: {error}"})


def main() -> None:
    """Call, as stdin asks."""
    asyncio.run(work(take_stdout()))


if __name__ == "__main__":
    main()
