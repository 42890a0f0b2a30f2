"""The walk in docs/organizers.md: every line of it, in order, on a new database."""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
from PIL import Image

from tests.cli.runner import Turnout
from tests.formats.pdf.reading import read_text
from tests.support import templates
from tests.support.curl import ask
from tests.support.node import BACKENDS, database
from tests.support.postgresql import Cluster
from tests.support.server import Server
from tools.check_docs import FENCE, ROOT

TEXT = (ROOT / "docs/organizers.md").read_text(encoding="utf-8")
BLOCKS = [fence[0] for fence in FENCE.finditer(TEXT) if fence[0].startswith("```sh")]
COVER, RESTORED = "cover.png", "sqlite:///restored.db"
FILES = {
    "password.txt": "correct horse",
    "summit.md": "# Rails\n\n* steel\n",
    "people.csv": "First name,Last name,Email,Diet,Session\n"
    "Bob,Ray,bob@example.com,fish,Workshop\nCid,Fox,cid@example.com,vegan,\n",
    "guests.csv": "First name,Last name,Email\nGil,Moss,gil@example.com\n",
    "invitation.txt": "Dear %%firstname%%,\n\n%%link%%\n",
    "reminder.md": "See you soon, %%first_name%%.\n",
    "rooms.json": json.dumps(
        {
            "job_type": "email",
            "job_name": "Rooms",
            "subject": "Another hall",
            "text_message": "We meet in Hall 2.",
            "from_email": "desk@acme.example",
            "purpose": "service",
            "user_list_ids": ["event:1000001"],
        }
    ),
    "halls.csv": "Name,Timezone,Room,Seats,Identifier\n"
    "Exam Hall,Europe/Berlin,North,5,2f6c1c9e-0000-4000-8000-000000000001\n",
    "forms.csv": "Code,Name\nW1,Welder\n",
    "results.csv": "Code,Grade\nL1,84 %\n",
    "learners.csv": "Code,First name,Last name,Email\nL1,Ida,Rust,ida@example.com\n",
}
# What the product draws at random, as the docs write it, and where a command says it.
DRAWN = {
    "GKB5Y66GZ9": r"registration 1, ticket (\w+)\.",
    "2f6c1c9e-0000-4000-8000-000000000002": r"present: registration (\S+)",
}

# Numbers of the docs that another database counts in other steps: whose they are, and what lists
# them.
NUMBERED = {
    "registration cancel acme 102": ("registration list acme 1000001", "cid@example.com"),
    "waiting offer acme 2": ("waiting list acme 1000001", "fay@example.com"),
}


class Line(NamedTuple):
    """A command of the docs: what is set for it, its words, and the file that it reads."""

    settings: dict[str, str]
    words: list[str]
    stdin: str


def parse(line: str) -> Line:
    words = shlex.split(line)
    settings, stdin = {}, ""
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        settings[name.removeprefix("TURNOUT_").lower()] = value
    if "<" in words:
        stdin = FILES[words[words.index("<") + 1]]
        words = words[: words.index("<")]
    return Line(settings, words, stdin)


def block_with(command: str) -> int:
    (number,) = [number for number, block in enumerate(BLOCKS) if f"turnout {command} " in block]
    return number


class Walk:
    """Somebody who types the docs, the years being those to come."""

    def __init__(self, folder: Path, url: str, restored: str) -> None:
        self.folder, self.run, self.restored = folder, Turnout(url), restored
        self.run.settings["base_url"] = "http://tickets.acme.example"
        self.drawn: dict[str, str] = {}
        self.said: dict[str, str] = {}
        for name, text in FILES.items():
            (folder / name).write_text(text)
        Image.new("RGB", (40, 30), "red").save(folder / COVER)

    def type_block(self, number: int) -> None:
        for line in BLOCKS[number].splitlines()[1:-1]:
            self.type(line)

    def type(self, line: str) -> None:
        typed = re.sub(r"\b202([78])-", lambda found: f"{_year(found[1])}-", line)
        for name, value in self.drawn.items():
            typed = typed.replace(name, value)
        if typed.startswith("curl "):
            self.said[line] = self.curl(typed)
            return
        typed = self.number(typed)
        settings, words, stdin = parse(typed.replace(RESTORED, self.restored))
        done = self.run(*words[1:], stdin=stdin, **settings)
        assert done.code == 0, f"{line}\n{done.error}"
        self.said[line] = done.output
        for name, pattern in DRAWN.items():
            if found := re.search(pattern, done.output):
                self.drawn[name] = found[1]

    def number(self, line: str) -> str:
        """The line with the numbers that its things have here; on SQLite they are the docs'."""
        for begins, (command, who) in NUMBERED.items():
            if not line.startswith(f"turnout {begins}"):
                continue
            listed = self.run.ok(*command.split()).splitlines()
            [own] = [row.split()[0] for row in listed if who in row]
            written = begins.split()[-1]
            if self.run.url and self.run.url.startswith("sqlite:"):
                assert own == written
            return line.replace(written, own, 1)
        return line

    def curl(self, line: str) -> str:
        """Ask a server on the same database."""
        with Server(self.folder, command=("serve",), database_url=self.run.url) as server:
            words = shlex.split(line.replace("$TURNOUT_BASE_URL", server.url))[1:]
            files = [FILES[word[1:]] if word.startswith("@") else word for word in words]
            return ask(files).decode()

    def find(self, command: str) -> str:
        """What the last command of that beginning said."""
        return [said for line, said in self.said.items() if command in line][-1]


def _year(last_digit: str) -> int:
    return datetime.now(UTC).year + int(last_digit) - 6


@pytest.fixture(scope="module", params=BACKENDS)
def walk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    """The walk, on either database; with PostgreSQL the backup is restored there, too."""
    folder = tmp_path_factory.mktemp("walk")
    with ExitStack() as stack:
        url, restored = f"sqlite:///{folder / 'turnout.db'}", RESTORED
        if request.param == "postgresql":
            cluster: Cluster = request.getfixturevalue("cluster")
            url = stack.enter_context(database("postgresql", folder, cluster))
            restored = cluster.create_database()
            stack.callback(cluster.drop_database, restored)
        else:
            templates.copy_migrated(folder / "turnout.db")
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.chdir(folder)
        walk = Walk(folder, url, restored)
        after = block_with("certificate issue")
        for number in range(len(BLOCKS)):
            if number == after:
                pass_days(walk.run)
            walk.type_block(number)
        yield walk


def pass_days(run: Turnout) -> None:
    """The event is over: it was the day before yesterday."""
    day = (datetime.now(UTC) - timedelta(days=2)).date()
    run.ok("event", "set", "acme", "1000001", "--starts", f"{day}T09:00", "--ends", f"{day}T17:00")


def test_every_line_does_what_it_says(walk: Walk) -> None:
    assert list(walk.drawn) == list(DRAWN)
    assert walk.find("registration import acme 1000001 people.csv --mail") == (
        "2 rows were imported.\n"
    )
    assert "eve@example.com" in walk.find("waiting list")
    assert " offered " in walk.find("waiting list")
    assert walk.find("waiting offer").startswith("A place is held for entry ")
    assert " paid " in walk.find("payment list")
    assert "See you soon, Ann." in walk.find("mail preview")
    assert re.search(r"acme/jo +Email .* Rooms", walk.find("job list"))
    assert json.loads(walk.find("curl "))["status"] == 200
    assert " admitted " in walk.find("scans acme")
    assert re.search(r"5 +L1 +Ida Rust +Present +84 % ", walk.find("exam candidates"))
    assert walk.find("certificate issue") == "1 certificate is issued.\n"
    assert walk.find("certificate send") == "1 certificate is mailed.\n"
    kept = (
        "People are kept for 365 days after the end, payments for 3650 days; nothing goes before "
    )
    assert walk.find("retention show").startswith(kept)
    assert walk.find("event remind").startswith("2 people are reminded at ")
    assert re.search(r"7 .* 0 +0 +1 +Guests", walk.find("invite list"))
    assert walk.find("exam seat").endswith(" has seat 5.\n")
    assert walk.find("event import beta").endswith(
        " is open, with 4 registrations, 4 tickets, 1 invitation, 2 waiting.\n"
    )


def test_the_files_have_who_was_there(walk: Walk) -> None:
    (row,) = read_rows(walk.folder / "names.xlsx")
    assert "Hal" in " ".join(map(str, row))
    rows = read_rows(walk.folder / "people.xlsx")
    emails = [next(str(cell) for cell in row if "@" in str(cell)) for row in rows]
    assert emails == [f"{name}@example.com" for name in ("ann", "bob", "cid", "hal")]
    assert "HalOrr" in "".join(read_text((walk.folder / "certificates.pdf").read_bytes()))
    assert "ann@example.com" in (walk.folder / "ann.html").read_text()


def read_rows(file: Path) -> list[tuple[object, ...]]:
    """The rows of a workbook below its heading."""
    sheet = openpyxl.load_workbook(file, read_only=True).worksheets[0]
    return list(sheet.iter_rows(values_only=True))[1:]


def test_the_backup_has_everybody_but_who_was_erased(walk: Walk) -> None:
    said = walk.find("registration list acme")
    rows = [line.split() for line in said.splitlines()[1:]]
    assert [(row[1], "bob" in " ".join(row)) for row in rows] == [
        ("confirmed", False),
        ("confirmed", False),
        ("cancelled", False),
        ("confirmed", False),
    ]
    found = re.findall(r"\w+@example\.com", said)
    assert found == [f"{name}@example.com" for name in ("ann", "cid", "hal")]
