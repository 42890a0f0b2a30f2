"""Holds SQL to the line width of the code: `python -m tools.lint_sql`.

The head of a statement (`-- name: …`) may be wider, since aiosql reads it as one line. SQL in
Python, such as that of migrations, is held to the width by ruff.
"""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = "-- name:"


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    width = project["tool"]["ruff"]["line-length"]
    files = sorted((ROOT / "src").rglob("*.sql"))
    problems = [
        f"{file.relative_to(ROOT)}:{problem}"
        for file in files
        for problem in find_wide_lines(file.read_text(encoding="utf-8"), width)
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"sql: {len(files)} files, {len(problems)} problems")
    sys.exit(bool(problems))


def find_wide_lines(text: str, width: int) -> Iterator[str]:
    """Number and width of each line that is too wide, and those that end with a space."""
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > width and not line.startswith(HEAD):
            yield f"{number}: {len(line)} characters wide, {width} are allowed"
        if line != line.rstrip():
            yield f"{number}: ends with a space"


if __name__ == "__main__":
    main()
