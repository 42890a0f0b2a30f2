"""`turnout event export` and `import`: files, what is said, and what is refused."""

import io
import stat
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.runner import Turnout
from tests.core.portable.summit import members
from tests.support.node import BACKENDS, copied_database, database
from turnout.cli.event_files import ROWS_SHOWN, read_rows
from turnout.core.people.model import Contact
from turnout.core.portable.document import LIMITS, PersonRow
from turnout.formats.archives import ArchiveReader

PICTURE = "pictures/1.webp"


@pytest.fixture(scope="module", params=BACKENDS)
def prepared(request, tmp_path_factory):
    """A database to copy, and where, and the file of its event with a cover and two people."""
    folder = tmp_path_factory.mktemp("prepared")
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with database(request.param, folder, cluster) as url:
        yield url, cluster, export_summit(Turnout(url), folder)


@pytest.fixture
def run(prepared, tmp_path):
    url, cluster, _ = prepared
    with copied_database(url, tmp_path, cluster) as copy:
        yield Turnout(copy)


@pytest.fixture
def summit(prepared) -> Path:
    _, _, path = prepared
    return path


def export_summit(run: Turnout, folder: Path) -> Path:
    run.ok("org", "create", "acme", "--name", "Acme")
    run.ok("org", "create", "beta", "--name", "Beta")
    when = ("--starts", "2099-03-01T09:00", "--ends", "2099-03-01T17:00")
    run.ok("event", "create", "acme", "Summit", *when, "--publish")
    cover = folder / "cover.png"
    Image.new("RGB", (40, 30), "red").save(cover)
    run.ok("event", "set-cover", "acme", "1000001", cover)
    for name in ("ann", "bob"):
        run.ok("registration", "add", "acme", "1000001", "--email", f"{name}@example.com")
    path = folder / "summit.zip"
    said = run.ok("event", "export", "acme", "1000001", path)
    assert said == f"{path}: Summit, 2 registrations, 2 tickets, 0 invitations, 0 waiting.\n"
    return path


def test_an_event_is_exported_and_imported_once(run, summit, tmp_path):
    assert stat.S_IMODE(summit.stat().st_mode) == 0o600
    said = run.ok("event", "import", "beta", summit)
    counts = "2 registrations, 2 tickets, 0 invitations, 0 waiting"
    assert said == f"Event 1000002 (Summit) is open, with {counts}.\n"
    again = run.ok("event", "import", "beta", summit)
    assert again == "beta has this event already: 1000002. Nothing was changed.\n"
    assert "1000001" in run.ok("event", "import", "acme", summit)
    third = tmp_path / "third.zip"
    run.ok("event", "export", "beta", "1000002", third)
    assert members(third)["event.json"] == members(summit)["event.json"]
    assert members(third)["people.jsonl"] == members(summit)["people.jsonl"]
    with Image.open(io.BytesIO(members(third)["pictures/1.webp"])) as cover:
        assert (cover.format, cover.size) == ("WEBP", (40, 30))


def test_a_long_list_shows_how_far_it_is_read(tmp_path):
    path = tmp_path / "long.zip"
    line = '{"contact":{"email":"ann@example.com"}}\n'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("people.jsonl", line * (2 * ROWS_SHOWN + 1))
    shown: list[tuple[str, float, int]] = []
    with ArchiveReader(path, LIMITS) as archive:
        rows = read_rows(archive, lambda *step: shown.append(step))("people")
        assert next(rows) == PersonRow(contact=Contact(email="ann@example.com"))
        assert shown == []
        assert sum(1 for _ in rows) == 2 * ROWS_SHOWN
    total = 2 * ROWS_SHOWN + 1
    assert shown == [("people", number, total) for number in (500, 1000, total)]


def test_nobody_goes_along_unless_wanted(run, summit, tmp_path):
    empty = tmp_path / "empty.zip"
    said = run.ok("event", "export", "acme", "1000001", empty, "--without-people")
    assert said == f"{empty}: Summit, without people.\n"
    assert sorted(members(empty)) == ["event.json", "pictures/1.webp"]
    assert ", with 0 registrations" in run.ok("event", "import", "beta", summit, "--without-people")


def test_codes_scan_elsewhere_only_when_asked(run, summit, tmp_path):
    run.ok("event", "import", "beta", summit, "--keep-codes")
    again = tmp_path / "again.zip"
    run.ok("event", "export", "beta", "1000002", again)
    assert members(again) | {PICTURE: b""} == members(summit) | {PICTURE: b""}
    assert len(members(summit)["tickets.jsonl"].splitlines()) == 2


def test_hostile_files_are_refused(run, summit, tmp_path):
    files = {
        "text.zip": b"not a ZIP",
        "empty.zip": b"",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert run("event", "import", "beta", path).code == 1
    no_event = tmp_path / "none.zip"
    zipfile.ZipFile(no_event, "w").close()
    said = run("event", "import", "beta", no_event).error
    assert "'event.json' is missing in it, or should not be." in said
    script = tmp_path / "script.zip"
    with zipfile.ZipFile(script, "w") as archive:
        for name, content in members(summit).items():
            archive.writestr(name, b"<svg/>" if name.startswith("pictures") else content)
    assert "no picture" in run("event", "import", "beta", script).error
    assert "beta" not in run.ok("event", "list", "beta")
