"""Bounces as servers write them: a table from public reports, and the samples of flufl.bounce."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.carriers.smtp.bounce_rows import ACTIONS, BOUNCE, DIAGNOSTICS, GONE, NO, TEXTS
from turnout.carriers.smtp.bounce_texts import is_gone
from turnout.carriers.smtp.bounces import Bounce, find_bounce

# The last release with the samples; they are mails from the nineties to 2021.
PACKAGE = "flufl.bounce==6.0.0"
DIGEST = "a1df16b9d1877ae4536f7d76c00d8421fcefbe694f80f5285d05c45a2547b1bc"

# Failures of which flufl.bounce does not find the address, and one that is no bounce.
WITHOUT_ADDRESS = {
    "bounce_01.txt",
    "dumbass_01.txt",
    "qmail_08.txt",
    "simple_42.txt",
    "simple_43.txt",
}


def make_report(action: str, status: str, diagnostic: str) -> bytes:
    return f"""From: MAILER-DAEMON@relay.test
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test

Final-Recipient: rfc822; jo@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}
--b--
""".encode()


def test_the_tables_are_long_enough() -> None:
    assert len(DIAGNOSTICS) >= 60


@pytest.mark.parametrize(("who", "status", "said", "meaning"), DIAGNOSTICS)
def test_a_report_says_whether_an_address_is_gone(
    who: str, status: str, said: str, meaning: str
) -> None:
    assert find_bounce(make_report("failed", status, said)) == Bounce(
        status, "jo@example.com", said, is_gone=meaning == GONE
    ), who


@pytest.mark.parametrize(("action", "meaning"), ACTIONS)
def test_an_action_is_a_failure_or_not(action: str, meaning: str) -> None:
    found = find_bounce(make_report(action, "5.1.1", "550 User unknown"))
    assert (found is not None) == (meaning == BOUNCE)


@pytest.mark.parametrize(("who", "sender", "subject", "text", "meaning"), TEXTS)
def test_a_text_is_a_bounce_or_not(
    who: str, sender: str, subject: str, text: str, meaning: str
) -> None:
    raw = f"From: {sender}\nSubject: {subject}\n\n{text}\n".encode()
    found = find_bounce(raw)
    assert (found is not None, bool(found and found.is_gone)) == (meaning != NO, meaning == GONE), (
        who
    )


def test_words_beside_a_status() -> None:
    assert is_gone("5.1.1", "")
    assert not is_gone("5.1.7", "")
    assert not is_gone("", "")
    assert not is_gone("4.2.2", "mailbox full")


def read_samples(folder: Path) -> dict[str, bytes]:
    """The samples by name, from the source that the machine's package index has, kept in `folder`.

    uv checks the digest, and unpacks the source into its cache: pip takes half a minute for that.
    """
    kept = folder / "source"
    if not kept.exists():
        fetch_source(folder, kept)
    samples = {path.name: path.read_bytes() for path in (kept / "data").glob("*.txt")}
    return samples | {"": (kept / "test_detectors.py").read_bytes()}


def fetch_source(folder: Path, to: Path) -> None:
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{PACKAGE} --hash=sha256:{DIGEST}\n")
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes"]
        command += ["--no-deps", "--no-binary", "flufl-bounce", "--python", sys.executable]
        command += ["--cache-dir", cache, "--target", f"{cache}/installed", "-r", str(wanted)]
        subprocess.run(command, check=True, timeout=300)
        [source] = Path(cache).glob("sdists-*/**/src/tests/test_detectors.py")
        shutil.copytree(source.parent, to)


_ROW = re.compile(r"\('\w+', '(\w+\.txt)',\s*\[([^\]]*)\], (True|False)\)")


def test_the_samples_of_flufl_bounce_are_recognized(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.cache is not None
    samples = read_samples(pytestconfig.cache.mkdir("flufl"))
    rows = _ROW.findall(samples.pop("").decode())
    permanent = {name for name, addresses, passing in rows if addresses and passing == "False"}
    found = {name for name, raw in samples.items() if find_bounce(raw)}
    assert len(permanent) == 100
    assert permanent - found == {"sina_01.txt"}  # Chinese
    assert found - permanent <= WITHOUT_ADDRESS
