"""Whatever people sent is shown on a terminal, and never obeyed: in lines, tables and errors."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.table import Table

from tests.cli.runner import Turnout
from tests.core.messaging.jobs import NUMBERS, make_login, new_job, post
from tests.core.messaging.test_replies import post_two_way, reply
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout import cli
from turnout.cli.disarming import disarm
from turnout.cli.terminal import Terminal
from turnout.core.messaging.model import Content

EVIL = "A\x1b]0;owned\x07B\x9b2JC\x08\x7f\rD\u202eE\u2066F"
SHOWN = "A\ufffd]0;owned\ufffdB\ufffd2JC\ufffd\ufffd\ufffdD\ufffdE\ufffdF"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (EVIL, SHOWN),
        ("two\r\nlines\tand a tab\n", "two\nlines\tand a tab\n"),
        ("Zoë 李 مرحبا \u200f🎟", "Zoë 李 مرحبا \u200f🎟"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_replaced(text, shown):
    assert disarm(text) == shown
    assert disarm(shown) == shown


def test_lines_and_tables_are_disarmed_and_keep_their_styling():
    out = StringIO()
    table = Table("NAME", box=None, pad_edge=False)
    table.add_row(EVIL)
    terminal = Terminal(file=out, width=200, markup=False, highlight=False, soft_wrap=True)
    terminal.print(EVIL)
    terminal.print(table)
    assert [line.rstrip() for line in out.getvalue().split("\n")] == [SHOWN, "NAME", SHOWN, ""]
    styled = StringIO()
    terminal = Terminal(file=styled, force_terminal=True, color_system="standard", highlight=False)
    terminal.print(EVIL, style="bold")
    assert styled.getvalue() == f"\x1b[1m{SHOWN}\x1b[0m\n"


def test_every_command_writes_through_the_terminal():
    # Whatever family a command is of, there is no other way out.
    folder = Path(cli.__file__).parent
    ways_out = re.compile(
        r"(?<![.\w])(?:print|Console|Text)\(|sys\.std(?:out|err)\.(?:write|buffer)"
    )
    found = {
        (file.name, line.strip())
        for file in folder.glob("*.py")
        if file.name != "terminal.py"
        for line in file.read_text().splitlines()
        if ways_out.search(line)
    }
    assert found == {
        ("servers.py", 'console.print(Text(f"# {meaning} ({usual})", style="dim"))'),
        ("demo_server.py", PIPED),
        ("start.py", "print(disarm(text), flush=True)"),
    }


PIPED = "| python3 -c 'import json,sys; print(json.load(sys.stdin)[\"idToken\"])')"


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_replies_strays_previews_and_the_outbox_are_disarmed(backend, tmp_path):
    turnout = Turnout(new_database(backend, tmp_path))
    with turnout.database() as db:
        login = db.call(make_login, db.call(make_organization, "acme"), "acme/jo")
        post_two_way(db, login, NUMBERS[0])
        reply(db, NUMBERS[0], EVIL)
        reply(db, "+491701234567", EVIL, number="999")
        job_id = post(db, login, new_job(content=Content(text=EVIL)), NUMBERS[:1])
    shown = [
        turnout.ok("reply", "list", "acme"),
        turnout.ok("reply", "strays"),
        turnout.ok("job", "preview", "acme", job_id),
        turnout.ok("job", "show", "acme", job_id),
    ]
    assert [said for said in shown if OBEYED.search(said)] == []
    assert ["owned" in said for said in shown] == [True, True, True, False]
    missing = turnout("event", "list", EVIL)
    assert missing.code == 1
    assert not OBEYED.search(missing.error)
