"""`turnout template …` and `turnout reply canned …`."""

from pathlib import Path

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database


def test_templates_and_canned_answers_are_kept_changed_and_removed(tmp_path: Path) -> None:
    run = Turnout(new_database("sqlite", tmp_path))
    with run.database() as db:
        db.call(make_organization, "acme")
    text = tmp_path / "hello.txt"
    text.write_text("Hello %%firstname%%")
    assert run.ok("template", "list", "acme") == "The organization has no templates.\n"
    named = ("acme", "Welcome", "--subject", "Hi", "--text-file", text)
    number = run.ok("template", "create", *named).split()[1]
    run.ok("template", "set", "acme", number, "--name", "Hello", "--purpose", "marketing")
    shown = run.ok("template", "show", "acme", number)
    assert shown == "Hello (email, marketing)\nSubject: Hi\n\nHello %%firstname%%\n"
    copied = run.ok("template", "copy", "acme", number, "Again").split()[1]
    run.ok("template", "remove", "acme", number)
    (line,) = run.ok("template", "list", "acme", "--channel", "email").splitlines()[1:]
    assert line.split()[0] == copied
    assert "is called 'AGAIN'" in run("template", "create", "acme", "AGAIN", "--text-file", text)[2]

    run.ok("reply", "canned", "add", "acme", "Parking", "Behind the house")
    (line,) = run.ok("reply", "canned", "list", "acme").splitlines()[1:]
    answer = line.split()[0]
    run.ok("reply", "canned", "set", "acme", answer, "--text", "In the yard")
    assert "In the yard" in run.ok("reply", "canned", "list", "acme")
    run.ok("reply", "canned", "remove", "acme", answer)
    listed = run.ok("reply", "canned", "list", "acme")
    assert listed == "The organization has no canned answers.\n"
