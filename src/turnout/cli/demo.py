"""`turnout demo`: seed a demo organization, write demo.json and serve."""

import json
import os
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from turnout import bootstrap
from turnout.cli import seeding
from turnout.cli.app import app, console, database, errors, settings
from turnout.settings import Settings
from turnout.store import Ids

FILE_NAME = "demo.json"
DATABASE_NAME = "turnout.db"


@app.command
def demo(
    *, host: str | None = None, port: int | None = None, data: Path = Path(".turnout-demo")
) -> None:
    """Seed a demo organization (once) and serve it until stopped.

    Parameters
    ----------
    host: address to listen on, instead of TURNOUT_HOST
    port: port to listen on, instead of TURNOUT_PORT
    data: folder for the database and demo.json
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    url = os.environ.get("TURNOUT_DATABASE_URL") or f"sqlite:///{data.resolve() / DATABASE_NAME}"
    chosen = settings(host=host, port=port, database_url=url)
    bootstrap.prepare(chosen)
    members = seed(chosen, data / FILE_NAME)
    bootstrap.serve(chosen, demo=members, started=lambda: introduce(members, data / FILE_NAME))


def seed(chosen: Settings, file: Path) -> dict[str, Any]:
    """Seed what is missing and write demo.json; returns its content."""
    known = json.loads(file.read_text()) if file.exists() else {}
    bar = Progress(
        TextColumn("Seeding the demo"), BarColumn(), MofNCompleteColumn(), console=errors
    )
    with database(chosen, ids=Ids(seeding.SEED)) as db, bar:
        task = bar.add_task("", total=None, visible=False)
        registration = seeding.seed(
            db,
            known.get("registration", {}),
            lambda done, total: bar.update(task, completed=done, total=total, visible=True),
        )
    members = {"base_url": chosen.public_url, "registration": registration}
    write_private(file, json.dumps(members, indent=2) + "\n")
    return members


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    draft.replace(file)


def introduce(members: dict[str, Any], file: Path) -> None:
    """Say where the demo is and what to try next."""
    base, registration = members["base_url"], members["registration"]
    session = registration["sessionPaks"][0]
    body = {
        "registration": {
            "event": {
                "eventPak": registration["eventPak"],
                "sessions": [{"sessionPak": session}],
            },
            "contact": {"email": "you@example.com", "firstName": "You"},
        }
    }
    console.print(
        f"""
Turnout serves its demo at {base}  (Ctrl-C stops it)

Open {base} in a browser, or register somebody:

  TOKEN=$(curl -s -X POST -H 'APIKey: {registration["apiKey"]}' {base}/v1.0/signin \\
    | python3 -c 'import json,sys; print(json.load(sys.stdin)["idToken"])')
  curl -s -X PUT -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{json.dumps(body)}' \\
    {base}/v1.0/register

Keys and ids for scripts: {file}
""",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
