"""Holds the docs against the product: links, make targets, settings and commands they name.

Known limit: the values of a command's arguments and options are not checked.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cyclopts import App

from turnout.carriers import networks
from turnout.carriers.accounts import split_setting
from turnout.cli.app import app
from turnout.settings import CONFIG, PREFIX, Settings, describe

ROOT = Path(__file__).parents[1]
# Names that tests and tools read themselves, and the product does not know.
TOOLING = {"TURNOUT_PROOF", "TURNOUT_SEED", "TURNOUT_AUDIT"}

FENCE = re.compile(r"^ *(```+|~~~+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)")
PICTURE = re.compile(r"""<(?:img|source)\b[^>]*\bsrc(?:set)?="([^"\s]+)""")
HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)
SETTING = re.compile(r"\bTURNOUT_[A-Z][A-Z0-9_]*[A-Z0-9]\b")
# A command line: perhaps a prompt, perhaps settings, then the program and plain words.
COMMAND = re.compile(r"^(?:[$#] )?(?:[A-Z_]+=\S* )*(?:\S*/)?(make|turnout)((?: +[a-z][a-z_-]*)+)")
OPTION = re.compile(r"(?<= )--[a-z][a-z-]*")
EVERY_COMMAND = {"--help", "--version"}


class Line(NamedTuple):
    """A command line in a document: the program, its plain words, its options."""

    program: str
    words: list[str]
    options: list[str]

    def __str__(self) -> str:
        return " ".join((self.program, *self.words))


def main() -> None:
    documents = find_documents()
    problems = [problem for document in documents for problem in check_document(document)]
    problems += check_every_setting_is_documented()
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"docs: {len(documents)} files, {len(problems)} problems")
    sys.exit(bool(problems))


def find_documents() -> list[Path]:
    folders = (ROOT / name for name in ("docs", "deploy", "src"))
    places = [ROOT.glob("*.md"), *(folder.rglob("*.md") for folder in folders)]
    return sorted(path for place in places for path in place)


def check_document(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    where = path.relative_to(ROOT)
    for link in find_broken_links(path, text):
        yield f"{where}: the link {link} leads nowhere"
    for name in sorted(set(SETTING.findall(text)) - list_settings() - TOOLING):
        if not split_setting(name.removeprefix(PREFIX).lower()):  # of an example's account
            yield f"{where}: {name} is not a setting"
    for line in find_commands(text):
        for fault in find_faults(line):
            yield f"{where}: `{line}`: {fault}"


def find_broken_links(path: Path, text: str) -> Iterator[str]:
    """Links to files outside the project, that are not there, or to headings that are not."""
    text = SPAN.sub("", FENCE.sub("", text))
    for link in [*LINK.findall(text), *PICTURE.findall(text)]:
        if "://" in link or link.startswith("mailto:"):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        is_here = file.is_relative_to(ROOT) and file.exists()
        if not is_here or (anchor and anchor not in list_anchors(file)):
            yield link


def list_anchors(file: Path) -> set[str]:
    """The anchors of a document's headings, made as GitHub makes them."""
    text = FENCE.sub("", file.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(text)
    }


def find_commands(text: str) -> Iterator[Line]:
    """Every command line in the fences and code spans."""
    lines = [line for fence in FENCE.finditer(text) for line in fence[0].splitlines()]
    for code in [*lines, *SPAN.findall(FENCE.sub("", text))]:
        if found := COMMAND.match(code.strip()):
            yield Line(found[1], found[2].split(), OPTION.findall(code))


def find_faults(line: Line) -> Iterator[str]:
    """What in the line the Makefile or the program would not understand."""
    if line.program == "make":
        for target in sorted(set(line.words) - list_targets()):
            yield f"no such target: {target}"
        return
    command = find_command(app, line.words)
    if command is None:
        yield "no such command"
        return
    for option in sorted(set(line.options) - list_options(command)):
        yield f"no such option: {option}"


def find_command(application: App, words: list[str]) -> App | None:
    """The command that `words` lead to; those after a command are its arguments."""
    for word in words:
        if not (commands := {name for name in application if not name.startswith("-")}):
            return application
        if word not in commands:
            return None
        application = application[word]
    return application


def list_options(command: App) -> set[str]:
    if command.default_command is None:
        return EVERY_COMMAND
    arguments = command.assemble_argument_collection()
    return EVERY_COMMAND | {name for argument in arguments for name in argument.names}


def list_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def list_settings() -> set[str]:
    chosen = Settings()
    return {CONFIG, *(row[0] for row in [*describe(chosen), *networks.describe(chosen)])}


def check_every_setting_is_documented() -> list[str]:
    page = ROOT / "docs/settings.md"
    named = set(SETTING.findall(page.read_text(encoding="utf-8"))) if page.exists() else set()
    return [f"docs/settings.md does not name {name}" for name in sorted(list_settings() - named)]


if __name__ == "__main__":
    main()
