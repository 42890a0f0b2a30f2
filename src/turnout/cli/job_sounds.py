"""`turnout job listen`: a call as those hear it who answer."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from turnout.cli.app import Number, console, database, settings
from turnout.cli.numbers import JobNumber
from turnout.core.identity.organizations import get_organization

if TYPE_CHECKING:
    from turnout.core.messaging.call_scripts import CallScript
    from turnout.settings import Settings

BYTES_A_SECOND = 16_000


def listen(
    org: str,
    number: JobNumber,
    /,
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    recipient: Number = 1,
    key: str = "",
    voicemail: bool = False,
) -> None:
    """Write what a recipient of a call hears as a WAV file; nobody is called.

    Example: `turnout job listen acme 60000001 --recipient 3 -o call.wav`

    Args:
        org: Short name of the organization.
        number: Number of the job.
        output: The file.
        recipient: The recipient whose call it is, counted from 1.
        key: What is heard after this key is pressed.
        voicemail: What a voicemail gets.
    """
    from turnout.carriers.networks import read_policy
    from turnout.core.messaging.call_scripts import Heard, read_call
    from turnout.core.registrations.live_lists import resolve

    chosen = settings()
    heard = Heard(recipient, key, voicemail)
    with database(chosen) as db:
        org_id = db.look(get_organization, org).org_id
        script = db.look(read_call, org_id, number, heard, read_policy(chosen), resolve)
    from turnout.speech.listening import remake

    sound = remake(script.recording) if script.recording else asyncio.run(_render(chosen, script))
    output.write_bytes(sound)
    console.print(f"{output}: {len(sound) / BYTES_A_SECOND:.1f} s.", soft_wrap=True)


async def _render(chosen: "Settings", script: "CallScript") -> bytes:
    from turnout.core.messaging.call_scripts import PAUSE_S
    from turnout.speech.listening import render
    from turnout.speech.speaking import Speech

    speech = Speech(chosen)
    try:
        return await render(
            speech, script.lines, script.voice, script.country, PAUSE_S, script.words
        )
    finally:
        await speech.stop()
