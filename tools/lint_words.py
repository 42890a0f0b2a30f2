"""Refuses words that most readers stumble over: `python -m tools.lint_words`.

The table holds the worst, each with what to write instead. A word is refused in code, docs,
messages and pages alike; migrations and data of former versions stay as they were written.
A loop's variable is the noun, `for ticket in tickets`: `each` is refused there.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
KINDS = {".py", ".md", ".sql", ".yaml", ".yml", ".html", ".js", ".css", ".toml", ".sh"}
FORMER = ("src/turnout/store/migrations/versions/", "tests/upgrade/0", "requirements/")
OWN = ("tools/lint_words.py", "tests/test_words.py")
INSTEAD = {
    r"\bwhoever\b": "the noun (the caller, the guest), or `anyone who`",
    r"\banew\b": "`again`",
    r"\bmeanwhile\b": "nothing, or `since`, `at the same time`",
    r"\bbesides\b": "`also`, or `apart from`",
    r"\bwhat became of\b": "`the outcome of`",
    r"\bwhat becomes of\b": "`the outcome of`",
    r"\bdoing it again changes nothing\b": "`idempotent`",
    r"\bthose there are\b": "the list, by its name",
    r"\bthat there are most of\b": "`the most frequent`",
    r"\bfor what is none\b": "`if it is not a …`",
    r"\bnone of ours\b": "`that this server did not make`",
    r"\bheart-beats?\b": "`heartbeat`",
    r"\bshortcuts? past\b": "`fast path`",
}
# Words may stand in two lines, the second of which may begin a comment.
_GAP = r"\s+(?:(?:#|--|//|>) *)?"
_ANY = re.compile("|".join(f"({words})" for words in INSTEAD).replace(" ", _GAP), re.IGNORECASE)
_ADVICE = list(INSTEAD.values())
# In prose a relative clause is no subject; a question may begin like one.
_CLAUSE = re.compile(r"(?:^|[.:;]\s+)((?:Who|What|Whatever)\s[^.?:!|]*)[.:;!]", re.MULTILINE)
_LOOP_OF_A_PAGE = re.compile(r"\{%-? *for [^%]*?\beach\b[^%]*? in ")
_Loop = ast.For | ast.AsyncFor | ast.comprehension


def main() -> None:
    files = list_files()
    problems = [
        f"{file.relative_to(ROOT)}:{problem}"
        for file in files
        for problem in find_problems(file.suffix, file.read_text(encoding="utf-8"))
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"words: {len(files)} files, {len(problems)} problems")
    sys.exit(bool(problems))


def find_problems(suffix: str, text: str) -> Iterator[str]:
    """What to mend in a file of that kind: its line, and what to write."""
    yield from find_words(text)
    if suffix in (".py", ".html"):
        for number in (_loops_of_code if suffix == ".py" else _loops_of_page)(text):
            yield f"{number}: 'for each in': name the variable after its noun"
    if suffix == ".md":
        yield from find_clauses(text)


def list_files() -> list[Path]:
    """The texts that git knows, or would: new files count, ignored ones do not."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [
        ROOT / name
        for name in names.splitlines()
        if Path(name).suffix in KINDS
        and not name.startswith(FORMER)
        and name not in OWN
        and (ROOT / name).is_file()
    ]


def find_clauses(text: str) -> Iterator[str]:
    """Each sentence of a prose text whose subject is a clause ("What broke before is Retry.")."""
    for found in _CLAUSE.finditer(text):
        number = text.count("\n", 0, found.start(1)) + 1
        yield f"{number}: {found[1][:40]!r}: write a noun as the subject"


def find_words(text: str) -> Iterator[str]:
    """Each refused word of a text: its line, and what to write."""
    for found in _ANY.finditer(text):
        number = text.count("\n", 0, found.start()) + 1
        words = " ".join(found[0].split())
        yield f"{number}: {words!r}: write {_ADVICE[(found.lastindex or 1) - 1]}"


def _loops_of_code(text: str) -> Iterator[int]:
    """The lines of a module that bind `each` in a loop, a comprehension or a lambda."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _Loop):
            names = {(n.id, n.lineno) for n in ast.walk(node.target) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.Lambda):
            names = {(argument.arg, argument.lineno) for argument in node.args.args}
        else:
            continue
        yield from (line for name, line in names if name == "each")


def _loops_of_page(text: str) -> Iterator[int]:
    for found in _LOOP_OF_A_PAGE.finditer(text):
        yield text.count("\n", 0, found.start()) + 1


if __name__ == "__main__":
    main()
