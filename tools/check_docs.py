"""Holds the docs against the product: links, make targets, settings and commands they name.

Known limits: the anchor of a link is not looked up, and a command's options are not checked.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from cyclopts import App

from turnout.cli.app import app
from turnout.settings import CONFIG, PREFIX, Settings

ROOT = Path(__file__).parents[1]
# Names that tests and tools read themselves, and the product does not know.
TOOLING = {"TURNOUT_PROOF", "TURNOUT_SEED", "TURNOUT_AUDIT"}

FENCE = re.compile(r"^ *(```+|~~~+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)")
SETTING = re.compile(r"\bTURNOUT_[A-Z][A-Z_]*[A-Z]\b")
# A command line: perhaps a prompt, perhaps settings, then the program and plain words.
COMMAND = re.compile(r"^(?:[$#] )?(?:[A-Z_]+=\S* )*(?:\S*/)?(make|turnout)((?: +[a-z][a-z_-]*)+)")


def main() -> None:
    documents = find_documents()
    problems = [problem for document in documents for problem in check_document(document)]
    problems += check_every_setting_is_documented()
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"docs: {len(documents)} files, {len(problems)} problems")
    sys.exit(bool(problems))


def find_documents() -> list[Path]:
    places = [ROOT.glob("*.md"), *((ROOT / name).rglob("*.md") for name in ("docs", "src"))]
    return sorted(path for place in places for path in place)


def check_document(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    where = path.relative_to(ROOT)
    for link in find_broken_links(path, text):
        yield f"{where}: the link {link} leads nowhere"
    for name in sorted(set(SETTING.findall(text)) - list_settings() - TOOLING):
        yield f"{where}: {name} is not a setting"
    for program, words in find_commands(text):
        if program == "make" and (unknown := set(words) - list_targets()):
            yield f"{where}: `make {' '.join(words)}`: no such target: {', '.join(sorted(unknown))}"
        if program == "turnout" and not is_command(app, words):
            yield f"{where}: `turnout {' '.join(words)}` is not a command"


def find_broken_links(path: Path, text: str) -> Iterator[str]:
    for link in LINK.findall(SPAN.sub("", FENCE.sub("", text))):
        target = link.partition("#")[0]
        if target and "://" not in link and not link.startswith("mailto:"):
            folder = ROOT if target.startswith("/") else path.parent
            if not (folder / target.lstrip("/")).exists():
                yield link


def find_commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every command line in the fences and code spans, as the program and its plain words."""
    lines = [line for fence in FENCE.finditer(text) for line in fence[0].splitlines()]
    for code in [*lines, *SPAN.findall(FENCE.sub("", text))]:
        if found := COMMAND.match(code.strip()):
            yield found[1], found[2].split()


def is_command(application: App, words: list[str]) -> bool:
    """Whether `words` lead to a command; those after a command are its arguments."""
    for word in words:
        if not (commands := {name for name in application if not name.startswith("-")}):
            return True
        if word not in commands:
            return False
        application = application[word]
    return True


def list_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def list_settings() -> set[str]:
    return {CONFIG, *(PREFIX + name.upper() for name in Settings.__struct_fields__)}


def check_every_setting_is_documented() -> list[str]:
    page = ROOT / "docs/settings.md"
    named = set(SETTING.findall(page.read_text(encoding="utf-8"))) if page.exists() else set()
    return [f"docs/settings.md does not name {name}" for name in sorted(list_settings() - named)]


if __name__ == "__main__":
    main()
