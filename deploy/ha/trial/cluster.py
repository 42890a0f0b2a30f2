"""All that runs in one folder: started in order, each part when the one before is there."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from plan import etcd_environment, haproxy_file, patroni_file
from processes import (
    OWNER,
    POLL_S,
    TrialError,
    ask,
    end_postmaster,
    end_processes,
    find_postgresql,
    is_ready,
    is_running,
    start_process,
    write_private,
)

PATIENCE_S = 120
# In this order, and with so many seconds to end by themselves.
STOPPED = (("turnout", 40), ("haproxy", 5), ("db", 15), ("etcd", 5))


class Cluster:
    """The three databases, what leads to them, and the nodes of Turnout."""

    def __init__(self, folder: Path, plan: dict[str, Any]) -> None:
        self.folder = folder
        self.plan = plan
        self.ports = plan["ports"]

    def start(self, *, with_demo: bool) -> None:
        """Start everything. Raises TrialError."""
        for number in range(len(self.ports["etcd"])):
            name = f"etcd{number + 1}"
            self._run(name, ["etcd"], etcd_environment(self.plan, number))
        self._wait("etcd to agree on its members", "etcd1", self._has_etcd)
        say("etcd is there.")
        self._start_databases()
        self._start_haproxy()
        self._start_nodes(with_demo=with_demo)
        self._wait("HAProxy to find Turnout", "haproxy", lambda: is_ready(self.ports["web"]))

    def _start_databases(self) -> None:
        count = len(self.ports["databases"])
        for number in range(count):
            self._start_database(number)
            if number == 0:
                self._wait("the first database", "db1", lambda: self.ask_primary("/cluster"))
                say("The first database is the primary. The others are copied from it.")
        self._wait("the copies", f"db{count}", self.is_whole)
        say(f"{count} databases; one of them confirms what the primary writes.")

    def _start_database(self, number: int) -> None:
        name = f"db{number + 1}"
        own = self.folder / name
        own.mkdir()
        file = own / "patroni.yml"
        write_private(file, patroni_file(self.plan, number))
        if OWNER:
            for path in (own, file):
                os.chown(path, OWNER.pw_uid, OWNER.pw_gid)
        self._run(name, ["patroni", str(file)], {"LC_ALL": "C.UTF-8"}, is_owned=True)

    def _start_haproxy(self) -> None:
        file = self.folder / "haproxy.cfg"
        file.write_text(haproxy_file(self.plan))
        self._run("haproxy", ["haproxy", "-db", "-f", str(file)])
        self._wait("HAProxy to find the primary", "haproxy", self._make_database)
        say("HAProxy leads to the primary.")

    def _make_database(self) -> bool:
        """Make Turnout's role and database, through HAProxy; False while there is no way."""
        secret = self.plan["passwords"]["TURNOUT"]
        statements = (
            f"CREATE ROLE turnout LOGIN PASSWORD '{secret}'",
            "CREATE DATABASE turnout OWNER turnout ENCODING 'UTF8' TEMPLATE template0",
        )
        address = ["-h", "127.0.0.1", "-p", str(self.ports["database"]), "-U", "postgres"]
        commands = [option for statement in statements for option in ("-c", statement)]
        done = subprocess.run(
            [f"{find_postgresql()}/psql", *address, "-q", "-v", "ON_ERROR_STOP=1", *commands],
            env=os.environ | {"PGPASSWORD": self.plan["passwords"]["SUPERUSER"]},
            cwd="/",
            capture_output=True,
            text=True,
        )
        if done.returncode not in (0, 2):
            raise TrialError(f"The database for Turnout could not be made: {done.stderr}")
        return done.returncode == 0

    def _start_nodes(self, *, with_demo: bool) -> None:
        nodes = dict(zip(("one", "two"), self.ports["turnout"], strict=True))
        for name, port in nodes.items():
            self._start_node(name, port, with_demo=with_demo)
            if with_demo:
                self._wait_for_node(name, port)
        for name, port in nodes.items():
            self._wait_for_node(name, port)
            say(f"Node {name} of Turnout is ready.")

    def _start_node(self, name: str, port: int, *, with_demo: bool) -> None:
        environ = {
            "TURNOUT_DATABASE_URL": self.plan["database_url"],
            "TURNOUT_BASE_URL": self.plan["web"],
            "TURNOUT_TRUSTED_PROXIES": "127.0.0.1",
        }
        command = ["serve", "--allow-demo"] if with_demo else ["serve"]
        if with_demo and name == "one":
            command = ["demo", "--data", str(self.folder / "demo")]
        program = [sys.executable, "-m", "turnout", *command, "--port", str(port)]
        self._run(f"turnout-{name}", program, environ)

    def _run(
        self,
        name: str,
        command: list[str],
        environ: dict[str, str] | None = None,
        *,
        is_owned: bool = False,
    ) -> None:
        """Start a process with its log, and write it down. `is_owned`: in a folder of its own, as
        the user of the databases."""
        self.plan["processes"][name] = start_process(
            command,
            environ or {},
            folder=self.folder / name if is_owned else self.folder,
            log=self._log_of(name),
            owner=OWNER if is_owned else None,
        )
        self.save()

    def save(self) -> None:
        """Write down what runs, for the next command."""
        write_private(self.folder / "trial.json", json.dumps(self.plan, indent=2))

    def _wait(self, what: str, name: str, is_there: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_there():
            if not is_running(self.plan["processes"][name]):
                raise TrialError(f"{name} has ended; its last words are in {self._log_of(name)}.")
            if time.monotonic() > deadline:
                log = self._log_of(name)
                raise TrialError(f"Waited {PATIENCE_S} s for {what}; look into {log}.")
            time.sleep(POLL_S)

    def _wait_for_node(self, name: str, port: int) -> None:
        self._wait(f"node {name} of Turnout", f"turnout-{name}", partial(is_ready, port))

    def _log_of(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    # -- asking --------------------------------------------------------------------------------

    def _has_etcd(self) -> bool:
        answers = [ask(member["client"], "/health") for member in self.ports["etcd"]]
        return all(status == 200 for status, _ in answers)

    def find_primary(self, *, other_than: str = "") -> str | None:
        """The database that says it may write now."""
        for number, ports in enumerate(self.ports["databases"], start=1):
            name = f"db{number}"
            if name != other_than and ask(ports["patroni"]["listens"], "/primary")[0] == 200:
                return name
        return None

    def ask_primary(self, path: str) -> dict[str, Any]:
        """What Patroni says on the machine that may write now; {} where there is none."""
        primary = self.find_primary()
        if primary is None:
            return {}
        ports = self.ports["databases"][int(primary.removeprefix("db")) - 1]
        status, body = ask(ports["patroni"]["listens"], path)
        return dict(json.loads(body)) if status == 200 else {}

    def list_members(self) -> list[dict[str, Any]]:
        """What the primary's Patroni says of all databases; [] where there is no primary."""
        return list(self.ask_primary("/cluster").get("members", []))

    def is_whole(self) -> bool:
        """Whether all others follow the primary's own history, and it has named one of them that
        confirms commits. A former primary may follow for a moment with a history of its own."""
        followers = self.ask_primary("/patroni").get("replication", [])
        members = self.list_members()
        return (
            len(followers) == len(self.ports["databases"]) - 1
            and all(follower["state"] == "streaming" for follower in followers)
            and len(members) == len(self.ports["databases"])
            and len({member.get("timeline") for member in members}) == 1
            and any(member["role"] == "sync_standby" for member in members)
        )

    # -- stopping ------------------------------------------------------------------------------

    def stop(self) -> None:
        """End everything that was started, and nothing else. Idempotent."""
        processes = self.plan["processes"]
        for part, seconds in STOPPED:
            names = [name for name in processes if name.startswith(part)]
            end_processes([processes[name] for name in names], seconds)
            for name in names:
                end_postmaster(self.folder / name / "data")
                say(f"{name} has ended.")
        self.plan["processes"] = {}
        self.save()


def open_cluster(folder: Path) -> Cluster:
    """What was started in a folder. Raises TrialError for one without a trial."""
    try:
        return Cluster(folder, json.loads((folder / "trial.json").read_text()))
    except FileNotFoundError as error:
        raise TrialError(f"{folder} has no trial.") from error


def say(text: str) -> None:
    """Tell the operator at once."""
    print(text, flush=True)
