"""`turnout audit`: who changed what."""

from functools import partial
from pathlib import Path

from tests.cli.runner import on_new_database
from turnout.core.audit.recording import record_installation


def test_changes_of_the_installation_are_listed_newest_first(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    nothing = "Nothing of the whole installation was changed yet.\n"
    assert turnout.ok("audit", "installation") == nothing
    with turnout.database() as db:
        for actor, noun, kid in (("cli:ada", "link_keys", "k1"), ("cli:bob", "signing_key", "k2")):
            db.call(partial(record_installation, kid=kid), actor, "rotated", noun)
    lines = turnout.ok("audit", "installation").splitlines()
    assert lines[0].split() == ["At", "Who", "What", "Of", "Details"]
    assert [line.split()[2:] for line in lines[1:]] == [
        ["cli:bob", "rotated", "signing_key", '{"kid":', '"k2"}'],
        ["cli:ada", "rotated", "link_keys", '{"kid":', '"k1"}'],
    ]
    assert len(turnout.ok("audit", "installation", "--limit", "1").splitlines()) == 2


def test_a_rotated_key_is_among_them(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    turnout("key", "rotate", "link-keys")
    assert "link_key" in turnout.ok("audit", "installation")
