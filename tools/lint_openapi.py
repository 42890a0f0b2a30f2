"""Lints the OpenAPI documents as they are served: `python -m tools.lint_openapi`."""

import json
import os
import sys
import tempfile
from pathlib import Path

from tools import node
from turnout.bootstrap import DIALECTS
from turnout.web.openapi import load

SERVER = "https://turnout.example"


def main() -> None:
    os.environ |= {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    with tempfile.TemporaryDirectory() as folder:
        documents = write_documents(Path(folder))
        try:
            node.run(
                "@redocly/cli/bin/cli.js",
                *("lint", "--config", node.HERE / "redocly.yaml", "--max-problems", "50"),
                *documents,
            )
        except node.NodeError as error:
            sys.exit(str(error))
    print(f"openapi: {len(documents)} documents, 0 problems")


def write_documents(folder: Path) -> list[Path]:
    """The document of each API as JSON, in files named after the API."""
    paths = []
    for api in DIALECTS:
        path = folder / f"{api.name}.json"
        path.write_text(json.dumps(load(api, SERVER)))
        paths.append(path)
    return paths


if __name__ == "__main__":
    main()
