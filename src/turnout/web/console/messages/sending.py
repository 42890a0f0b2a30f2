"""What the operator has set about messages, as the console's pages need it."""

from collections.abc import Callable
from typing import NamedTuple

from turnout.core.messaging.accepting import Policy
from turnout.core.messaging.hours import QuietHours
from turnout.core.messaging.lengths import Texts
from turnout.core.messaging.model import JobHead
from turnout.core.messaging.prices import Prices
from turnout.speech.speaking import Speech

NOTHING_SET = Policy(Prices(""), (), "")

Draw = Callable[[JobHead, str], Texts]
"""What a job says as it goes out, in a language, before merging."""


class Sending(NamedTuple):
    """The policy; when nobody is called or texted; the voices of calls; the domain of the mail
    network's return paths, and the name server that is asked about domains (empty = the
    system's); what reads texts out."""

    policy: Policy = NOTHING_SET
    quiet: QuietHours = QuietHours()
    voices: tuple[str, ...] = ()
    return_path_domain: str = ""
    resolver: str = ""
    draw: Draw | None = None
    speech: Speech | None = None

    def list_voices(self) -> list[tuple[str, str]]:
        """The voices of calls, each with the engine here that speaks for it, empty = none does.
        Looks for programs and files."""
        if self.speech is None:
            return [(voice, "") for voice in self.voices]
        found = [(voice, self.speech.find_engines(voice)) for voice in self.voices]
        return [(voice, str(engines[0]) if engines else "") for voice, engines in found]

    @property
    def own_domains(self) -> tuple[str, ...]:
        """The installation's mail domains, those of return paths too."""
        return (*self.policy.senders.own_domains, *filter(None, [self.return_path_domain]))
