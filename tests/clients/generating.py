"""Clients that two generators make of the OpenAPI documents, and the programs that use them."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.support.environments import make_environment
from tools import node
from tools.lint_openapi import write_documents

HERE = Path(__file__).parent
TIMEOUT_S = 300


class GeneratorError(Exception):
    """A generator, a compiler or a client failed or warned; the message is what it said."""


def use_python(folder: Path, base_url: str, demo: Path) -> dict[str, Any]:
    """Make a Python client of each document, and run `use_python.py` with them; what it says."""
    programs = make_environment("clients")
    for document in write_documents(folder):
        options = ("--config", HERE / "generator.yaml", "--meta", "none", "--overwrite")
        said = _run(
            programs / "openapi-python-client",
            *("generate", "--path", document, "--output-path", folder / document.stem, *options),
            path=programs,
        )
        if "warning" in said.lower():
            raise GeneratorError(said)
    return _read(_run(programs / "python", HERE / "use_python.py", base_url, demo, folder))


def use_typescript(folder: Path, base_url: str, demo: Path) -> dict[str, Any]:
    """Make TypeScript types of each document, compile `use_typescript.ts` with them, and run it;
    what it says."""
    packages = node.install()
    for document in write_documents(folder):
        made = folder / f"{document.stem}.ts"
        node.run("openapi-typescript/bin/cli.js", document, "-o", made)
    for name in ("use_typescript.ts", "tsconfig.json"):
        shutil.copy(HERE / name, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(packages / "node_modules")
    node.run("typescript/bin/tsc", "-p", folder)
    return _read(node.run(str(folder / "out/use_typescript.js"), base_url, demo))


def _read(said: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said)
    return found


def _run(*command: str | Path, path: Path | None = None) -> str:
    environ = {"PATH": f"{path}:/usr/bin:/bin"} if path else None
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT_S, env=environ, check=False
    )
    if done.returncode:
        raise GeneratorError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr
