"""Lints the scripts and styles that we wrote, with Biome: `python -m tools.lint_scripts`."""

import sys

from tools import node

ROOT = node.HERE.parents[1]
OPTIONS = ("--config-path", node.HERE / "biome.json", "--error-on-warnings", "--colors=off")
FOLDERS = (ROOT / "src", ROOT / "tests")


def main() -> None:
    try:
        node.run("@biomejs/biome/bin/biome", "lint", *OPTIONS, *FOLDERS)
    except node.NodeError as error:
        sys.exit(str(error))
    print("scripts and styles: 0 problems")


if __name__ == "__main__":
    main()
