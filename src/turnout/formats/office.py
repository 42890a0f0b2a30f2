"""Files of offices as PDFs, by LibreOffice where it is installed.

Each run has a profile of its own in a folder that is deleted behind it, little CPU and time, and no
network that macros could use: they do not run without a profile that allows them.
"""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from turnout.errors import Invalid

WALL_S = 120
MOST_UNPACKED = 200_000_000
MOST_PARTS = 5_000
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_SMALLEST_OLD = 1536
# What their folders call the documents in them.
_OLD_STREAMS = [
    name.encode("utf-16-le")
    for name in ("WordDocument", "Workbook", "Book\0", "PowerPoint Document")
]
_MAIN_PARTS = frozenset({"[Content_Types].xml", "content.xml"})
_ENDINGS = ("doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp")
_PROGRAMS = ("soffice", "libreoffice")


def is_office(content: bytes) -> bool:
    """Whether it begins as files of offices do."""
    return content.startswith((_OLD, _ZIP))


def find_program() -> str | None:
    """LibreOffice, if it is on the path."""
    return next((found for name in _PROGRAMS if (found := shutil.which(name))), None)


def to_pdf(name: str, content: bytes) -> bytes:
    """The file as a PDF. Takes up to two minutes. Raises Invalid: LibreOffice is not here,
    or cannot read it, or it unpacks to over 200 MB."""
    ending = name.rpartition(".")[2].lower()
    if ending not in _ENDINGS:
        raise Invalid("fax.form", name=name)
    program = find_program()
    if program is None:
        raise Invalid("fax.office", name=name)
    if not _is_whole(content):
        raise Invalid("fax.broken", name=name)
    with tempfile.TemporaryDirectory(prefix="turnout-office-") as folder:
        given = Path(folder) / f"document.{ending}"
        given.write_bytes(content)
        command = [
            *(sys.executable, "-I", "-m", "turnout.formats.office_child", program),
            f"-env:UserInstallation={Path(folder, 'profile').as_uri()}",
            *("--headless", "--norestore", "--nolockcheck", "--nodefault"),
            *("--convert-to", "pdf", "--outdir", folder, str(given)),
        ]
        try:
            _run(command, folder)
            return Path(folder, "document.pdf").read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise Invalid("fax.broken", name=name) from error


def _run(command: list[str], folder: str) -> None:
    """Run it, and end all that it has started when its time is over."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8"},
        cwd=folder,
        start_new_session=True,
    ) as process:
        try:
            process.wait(WALL_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _is_whole(content: bytes) -> bool:
    """Whether it has the parts of such a file, and not too many: LibreOffice takes what it does not
    know for a text, and would print garbage."""
    if not content.startswith(_ZIP):
        is_compound = content[28:30] == b"\xfe\xff" and len(content) >= _SMALLEST_OLD
        return is_compound and any(stream in content for stream in _OLD_STREAMS)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    is_known = any(part.filename in _MAIN_PARTS for part in parts)
    is_small = sum(part.file_size for part in parts) <= MOST_UNPACKED
    return is_known and is_small and len(parts) <= MOST_PARTS
