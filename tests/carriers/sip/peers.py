"""SIP peers from Debian's packages: Kamailio as a trunk with digest, baresip as people's phones.

The trunk answers numbers by their last digits: 404 by `04`, as REFUSALS has it; all others ring the
phone. Everything listens on this machine, at free ports.
"""

import array
import json
import shutil
import socket
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.ports import free_port

MODULES = (
    "/usr/lib/x86_64-linux-gnu/kamailio/modules/",
    "/usr/lib/aarch64-linux-gnu/kamailio/modules/",
)
WAIT_S = 60.0
USER, PASSWORD = "turnout", "secret-1"

REFUSALS: dict[str, tuple[int, str, int]] = {
    "04": (404, "Not Found", 0),
    "10": (410, "Gone", 0),
    "16": (416, "Unsupported URI Scheme", 0),
    "84": (484, "Address Incomplete", 0),
    "85": (485, "Ambiguous", 0),
    "64": (604, "Does Not Exist Anywhere", 0),
    "86": (486, "Busy Here", 0),
    "60": (600, "Busy Everywhere", 0),
    "63": (603, "Decline", 0),
    "80": (480, "Temporarily Unavailable", 0),
    "08": (408, "Request Timeout", 0),
    "87": (487, "Request Terminated", 0),
    "03": (403, "Forbidden", 0),
    "33": (433, "Anonymity Disallowed", 0),
    "67": (607, "Unwanted", 0),
    "68": (608, "Rejected", 0),
    "02": (302, "Moved Temporarily", 0),
    "23": (423, "Interval Too Brief", 0),
    "29": (429, "Provide Referrer Identity", 0),
    "50": (500, "Server Internal Error", 0),
    "52": (502, "Bad Gateway", 0),
    "53": (503, "Service Unavailable", 0),
    "54": (504, "Server Time-out", 0),
    "15": (415, "Unsupported Media Type", 0),
    "21": (421, "Extension Required", 0),
    "22": (422, "Session Interval Too Small", 0),
    "88": (488, "Not Acceptable Here", 0),
    "66": (606, "Not Acceptable", 0),
    "91": (480, "Unallocated", 1),
    "92": (480, "Invalid Number", 28),
    "93": (480, "User Busy", 17),
    "94": (500, "No User Responding", 18),
    "95": (500, "No Answer", 19),
}
"""By the last two digits of a number: SIP code, words, Q.850 cause (0 = none)."""

_KAMAILIO = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
listen=tcp:127.0.0.1:{port}
listen=udp:127.0.0.1:{port}
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
{tls}
request_route {{
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("404", "Not here"); exit;
    }}
    if (is_method("OPTIONS")) {{ sl_send_reply("200", "OK"); exit; }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("trunk.example", "{password}", "0")) {{
            if ($au != $null) {{ sl_send_reply("403", "Forbidden"); exit; }}
            www_challenge("trunk.example", "0"); exit;
        }}
        save("location"); exit;
    }}
    if (!is_method("INVITE")) {{ sl_send_reply("405", "Not Allowed"); exit; }}
    if (!pv_proxy_authenticate("trunk.example", "{password}", "0")) {{
        if ($au != $null) {{ sl_send_reply("407", "Wrong Password"); exit; }}
        proxy_challenge("trunk.example", "0"); exit;
    }}
    consume_credentials();
{refusals}
    record_route();
    $ru = "sip:" + $(rU{{s.substr,-1,1}}) + "@127.0.0.1:{phone};transport=tcp";
    t_relay();
}}
"""
_REFUSAL = """    if ($rU =~ "{end}$") {{
        {reason}
        sl_send_reply("{code}", "{words}"); exit;
    }}"""
_TLS = """[server:default]
method = TLSv1.2
certificate = {pem}
private_key = {pem}
[client:default]
method = TLSv1.2
[server:127.0.0.1:{mutual}]
method = TLSv1.2
certificate = {pem}
private_key = {pem}
ca_list = {authority}
verify_certificate = yes
require_certificate = yes
"""
_PHONE = """sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module sndfile.so
module srtp.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
audio_source aufile,{folder}/says.wav
audio_alert aufile,{folder}/says.wav
snd_path {folder}/heard
call_max_calls 1000
"""


class Sound(NamedTuple):
    """What was heard: 8 kHz."""

    samples: "array.array[int]"

    @property
    def seconds(self) -> float:
        return len(self.samples) / 8000

    def loudness(self) -> list[int]:
        """The peak of each tenth of a second."""
        step = 800
        pieces = range(0, len(self.samples) - step, step)
        return [max(map(abs, self.samples[at : at + step])) for at in pieces]

    def loud_seconds(self) -> float:
        return sum(1 for peak in self.loudness() if peak > 1500) / 10


class Phone:
    """Debian's baresip: the users `0` to `8` answer, `6` only with SRTP, `9` rings until it is hung
    up. Keys are those of `0`, as is what hangs up."""

    def __init__(self, folder: Path, *, greets_s: float = 0.0) -> None:
        self.port, self._control = free_port(), free_port()
        self._folder = folder
        (folder / "heard").mkdir(parents=True)
        text = _PHONE.format(port=self.port, control=self._control, folder=folder)
        (folder / "config").write_text(text)
        answers = [f"<sip:{n}@127.0.0.1>;regint=0;answermode=auto" for n in range(9)]
        answers[6] += ";mediaenc=srtp-mand"
        rings = "<sip:9@127.0.0.1>;regint=0;answermode=manual"
        (folder / "accounts").write_text("\n".join([*answers, rings, ""]))
        (folder / "contacts").touch()
        write_wav(folder / "says.wav", tone(440, greets_s) + bytes(16_000 * 60))
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            ["baresip", "-f", str(folder), "-v"],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
        wait_for_port(self._control)

    def press(self, key: str) -> None:
        """Press a key in the call that is under way."""
        self._command("uafind", "sip:0@127.0.0.1")
        self._command("sndcode", key)

    def hang_up(self) -> None:
        self._command("uafind", "sip:0@127.0.0.1")
        self._command("hangup")

    def _command(self, name: str, params: str = "") -> None:
        with socket.create_connection(("127.0.0.1", self._control), timeout=WAIT_S) as line:
            told = json.dumps({"command": name, "params": params, "token": "t"})
            line.sendall(f"{len(told)}:{told},".encode())
            line.recv(4000)

    def calls(self) -> int:
        """How many it has now."""
        return self.established() - self._log_text().count("terminated (duration")

    def established(self) -> int:
        """How many it has had."""
        return self._log_text().count("Call established")

    def _log_text(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def heard(self) -> list[Sound]:
        """What came in the calls that have ended, oldest first."""
        files = sorted((self._folder / "heard").glob("*-dec.wav"), key=lambda p: p.stat().st_mtime)
        return [sound for path in files if (sound := find_sound(path))]

    def stop(self) -> None:
        self._process.kill()  # with a call it would not end
        self._process.communicate(timeout=WAIT_S)
        self._log.close()


class Trunk(NamedTuple):
    """A trunk that runs; `tls_port` is 0 without TLS, `mutual_port` wants a certificate, too."""

    port: int
    tls_port: int
    phone: Phone
    mutual_port: int = 0


@contextmanager
def trunk(
    folder: Path, *, certificate: tuple[Path, Path] | None = None, greets_s: float = 0.0
) -> Iterator[Trunk]:
    """Kamailio and a phone behind it; with TLS where there is a certificate with its key, and its
    authority's."""
    phone = Phone(folder / "phone", greets_s=greets_s)
    try:
        with kamailio(folder, phone.port, certificate) as (port, tls_port, mutual_port):
            yield Trunk(port, tls_port, phone, mutual_port)
    finally:
        phone.stop()


@contextmanager
def kamailio(
    folder: Path, phone_port: int, certificate: tuple[Path, Path] | None = None
) -> Iterator[tuple[int, int, int]]:
    """A trunk before a phone that listens on a TCP port: its ports, those of TLS 0 without."""
    port, tls_port = free_port(), free_port() if certificate else 0
    config = folder / "kamailio"
    config.mkdir()
    refusals = "\n".join(_refusal(end, *REFUSALS[end]) for end in REFUSALS)
    tls, mutual_port = "", free_port() if certificate else 0
    if certificate:
        (config / "tls.cfg").write_text(
            _TLS.format(pem=certificate[0], authority=certificate[1], mutual=mutual_port)
        )
        tls = (
            f"enable_tls=yes\nlisten=tls:127.0.0.1:{tls_port}\n"
            f'listen=tls:127.0.0.1:{mutual_port}\nloadmodule "tls.so"\n'
            f'modparam("tls", "config", "{config / "tls.cfg"}")\n'
        )
    text = _KAMAILIO.format(
        port=port,
        modules=next(path for path in MODULES if Path(path).exists()),
        password=PASSWORD,
        refusals=refusals,
        phone=phone_port,
        tls=tls,
    )
    (config / "kamailio.cfg").write_text(text)
    with (config / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(shutil.which("kamailio", path="/usr/sbin:/usr/bin") or "kamailio", "-DD", "-E"),
                *("-f", str(config / "kamailio.cfg"), "-m", "16", "-M", "4"),
                *("-P", str(config / "pid"), "-Y", str(config)),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for_port(port)
            yield port, tls_port, mutual_port
        finally:
            process.terminate()
            process.wait(WAIT_S)


def _refusal(end: str, code: int, words: str, cause: int) -> str:
    reason = f'append_to_reply("Reason: Q.850;cause={cause}\\r\\n");' if cause else ""
    if code == 302:
        reason = 'append_to_reply("Contact: <sip:+61398765401@trunk.example>\\r\\n");'
    return _REFUSAL.format(end=end, code=code, words=words, reason=reason)


def tone(hertz: float, seconds: float, amplitude: int = 8000) -> bytes:
    import math

    step = 2 * math.pi * hertz / 8000
    samples = (round(amplitude * math.sin(step * n)) for n in range(round(8000 * seconds)))
    return array.array("h", samples).tobytes()


def write_wav(path: Path, sound: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sound)


def find_sound(path: Path) -> Sound | None:
    """What is in a file, None while the phone still writes it."""
    try:
        return read_wav(path)
    except (wave.Error, EOFError):
        return None


def read_wav(path: Path) -> Sound:
    with wave.open(str(path)) as file:
        samples = array.array("h")
        samples.frombytes(file.readframes(file.getnframes()))
    return Sound(samples)


def wait_for_port(port: int) -> None:
    until = time.monotonic() + WAIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


if __name__ == "__main__":
    with trunk(Path(sys.argv[1])) as running:
        print(running.port, running.phone.port, flush=True)
        time.sleep(float(sys.argv[2]))
