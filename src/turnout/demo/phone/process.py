"""The phone as the demo has it: its process, the settings of the trunk that leads to it, and what
pages show of it."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from turnout.core.ids import OrgId
from turnout.demo.phone.keeping import find_sound, list_calls
from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.web.catalogue import DemoPhone

FOLDER = "phone"
CALLER_ID = "+61398765432"
STOP_S = 5.0
_ENGINES = ("flite", "espeak-ng")


def check_extras() -> None:
    """Raise Unavailable where nothing can call, or nothing can speak."""
    missing = [] if importlib.util.find_spec("baresip") else ["calls"]
    if not importlib.util.find_spec("hibari") and not any(map(shutil.which, _ENGINES)):
        missing.append("speech")
    if missing:
        files = " ".join(f"-r requirements/{name}.txt" for name in missing)
        raise Unavailable("demo.no_calls", files=files)


@contextmanager
def phone(data: Path, pace: Sequence[str] = ()) -> Iterator[int]:
    """A phone whose calls are kept in `data`; its port. It ends with the block, or with us."""
    folder = data / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    command = [sys.executable, "-m", "turnout.demo.phone", str(folder), *pace]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            said = process.stdout.readline() if process.stdout else b""
            if not said.strip().isdigit():
                raise Unavailable("demo.no_phone")
            yield int(said)
        finally:
            process.kill()


def lead_to(port: int, chosen: Settings) -> Settings:
    """The settings with which calls go to the phone, and to no other trunk."""
    others = {
        name: value
        for name, value in chosen.carriers.items()
        if not name.startswith(("sip", "routes_tts", "routes_voice"))
    }
    own = {
        "carrier_tts": "sip",
        "carrier_voice": "sip",
        "sip_host": "127.0.0.1",
        "sip_port": str(port),
        "sip_transport": "tcp",
        "sip_caller_id": CALLER_ID,
        "sip_channels": "8",
        "sip_rate": "2",
    }
    return msgspec.structs.replace(chosen, carriers=others | own)


def show(data: Path, org_id: OrgId) -> DemoPhone:
    """What pages show of it, to members of that organization."""
    folder = data / FOLDER
    return DemoPhone(org_id, partial(list_calls, folder), partial(find_sound, folder))
