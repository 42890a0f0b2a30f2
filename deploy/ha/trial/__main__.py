"""Three databases that stand in for each other and two nodes of Turnout, all on this machine.

    .venv/bin/python deploy/ha/trial.py start /tmp/turnout-ha
    .venv/bin/python deploy/ha/trial.py status /tmp/turnout-ha
    .venv/bin/python deploy/ha/trial.py stop /tmp/turnout-ha

It takes the configurations beside it as they are, and changes only the names, addresses, folders
and passwords that their heads tell an operator to change. Everything listens on 127.0.0.1, on free
ports, and lives in the folder: `trial.json` says where each part is, `logs/` what it said. Each
process is written down with the moment at which it began, and `stop` ends those and no others.

It needs Debian's etcd-server, patroni, postgresql and haproxy, and a Python with Turnout. Settings
of Turnout in the environment go to both nodes. Under root the databases belong to `postgres`.

A `ports.json` that is already in the folder is used as it is. There `reached` may differ from
`listens` for who puts something between the parts, as the proof of failover does.
"""

import argparse
import glob
import http.client
import importlib.util
import json
import os
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PATIENCE_S = 120
# In this order, and with so many seconds to end by themselves.
STOPPED = (("turnout", 40), ("haproxy", 5), ("db", 15), ("etcd", 5))
POLL_S = 0.1
OWNER = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
PASSWORDS = ("REST", "SUPERUSER", "REPLICATION", "REWIND")
TLS_LINES = (
    "    bind :443 ssl crt /etc/haproxy/certs/events.example.com.pem alpn h2,http/1.1\n",
    "    http-request redirect scheme https code 308 unless { ssl_fc }\n",
    "    log /dev/log local0\n",
)


class TrialError(Exception):
    """Something did not come up; the message says what, and where its log is."""


# -- the plan ------------------------------------------------------------------------------


def choose_ports(machines: int) -> dict[str, Any]:
    """A free port for each part, as `ports.json` has them."""
    taken: set[int] = set()

    def port() -> int:
        while True:
            number = random.SystemRandom().randrange(20_000, 32_000)
            with socket.socket() as probe, suppress(OSError):
                probe.bind(("127.0.0.1", number))
                if number not in taken:
                    taken.add(number)
                    return number

    def both() -> dict[str, int]:
        return dict.fromkeys(("listens", "reached"), port())

    # Two members of etcd are worse than one: both must be there.
    members = machines if machines >= 3 else 1
    etcd = [{"client": port(), "peer": port()} for _ in range(members)]
    clients = [member["client"] for member in etcd]
    return {
        "etcd": etcd,
        "databases": [
            {"postgresql": both(), "patroni": both(), "etcd": clients} for _ in range(machines)
        ],
        "turnout": [port(), port()],
        "database": port(),
        "web": port(),
    }


def make_plan(folder: Path, machines: int) -> dict[str, Any]:
    """All names, ports and passwords; nothing is started."""
    given = folder / "ports.json"
    ports = json.loads(given.read_text()) if given.exists() else choose_ports(machines)
    made = {name: secrets.token_urlsafe(16) for name in (*PASSWORDS, "TURNOUT")}
    database = f"127.0.0.1:{ports['database']}/turnout"
    return {
        "ports": ports,
        "passwords": made,
        "web": f"http://127.0.0.1:{ports['web']}",
        "database_url": f"postgresql://turnout:{made['TURNOUT']}@{database}",
        "processes": {},
    }


def change(text: str, changes: dict[str, str]) -> str:
    """Make each change wherever it applies. Raises LookupError where one does not."""
    for old, new in changes.items():
        if old not in text:
            raise LookupError(f"{old} is not in the configuration")
        text = text.replace(old, new)
    return text


# -- starting ------------------------------------------------------------------------------


class Trial:
    """What runs in one folder."""

    def __init__(self, folder: Path, plan: dict[str, Any]) -> None:
        self.folder = folder
        self.plan = plan
        self.ports = plan["ports"]

    def start(self, *, with_demo: bool) -> None:
        """Start everything, in order, each part when the one before is there. Raises TrialError."""
        count = len(self.ports["databases"])
        for number in range(len(self.ports["etcd"])):
            self._start_etcd(number)
        self._wait("etcd to agree on its members", "etcd1", self._has_etcd)
        say("etcd is there.")
        for number in range(count):
            self._start_database(number)
            if number == 0:
                self._wait("the first database", "db1", lambda: self.ask_primary("/cluster"))
                say("The first database is the primary. The others are copied from it.")
        self._wait("the copies", f"db{count}", self.is_whole)
        say(f"{count} databases; one of them confirms what the primary writes.")
        self._start_haproxy()
        self._wait("HAProxy to find the primary", "haproxy", self._make_database)
        say("HAProxy leads to the primary.")
        nodes = dict(zip(("one", "two"), self.ports["turnout"], strict=True))
        for name, port in nodes.items():
            self._start_turnout(name, port, with_demo=with_demo)
            if with_demo:
                self._wait_for_node(name, port)
        for name, port in nodes.items():
            self._wait_for_node(name, port)
            say(f"Node {name} of Turnout is ready.")
        self._wait("HAProxy to find Turnout", "haproxy", lambda: is_ready(self.ports["web"]))

    def _start_etcd(self, number: int) -> None:
        name, own = f"etcd{number + 1}", self.ports["etcd"][number]
        members = ",".join(
            f"etcd{index}=http://127.0.0.1:{member['peer']}"
            for index, member in enumerate(self.ports["etcd"], start=1)
        )
        shipped = (HERE / "etcd.env").read_text()
        cluster = find("ETCD_INITIAL_CLUSTER=(.*)", shipped)
        text = change(
            shipped,
            {
                cluster: members,
                "ETCD_NAME=etcd1": f"ETCD_NAME={name}",
                "/var/lib/etcd/turnout": str(self.folder / name),
                "http://10.0.0.11:2379": f"http://127.0.0.1:{own['client']}",
                "http://10.0.0.11:2380": f"http://127.0.0.1:{own['peer']}",
            },
        )
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        environ = dict(line.split("=", 1) for line in lines)
        # Three on one disk wait for each other's writes; a leader is not missed for that.
        environ |= {"ETCD_HEARTBEAT_INTERVAL": "200", "ETCD_ELECTION_TIMEOUT": "2000"}
        self._run(name, ["etcd"], environ)

    def _start_database(self, number: int) -> None:
        name = f"db{number + 1}"
        own = self.folder / name
        own.mkdir()
        file = own / "patroni.yml"
        write_private(file, self._patroni(number, name, own))
        if OWNER:
            for path in (own, file):
                os.chown(path, OWNER.pw_uid, OWNER.pw_gid)
        self._run(name, ["patroni", str(file)], {"LC_ALL": "C.UTF-8"}, OWNER)

    def _patroni(self, number: int, name: str, own: Path) -> str:
        ports = self.ports["databases"][number]
        etcd = ",".join(f"127.0.0.1:{port}" for port in ports["etcd"])
        if ports["etcd"] != [member["client"] for member in self.ports["etcd"]]:
            etcd += "\n  use_proxies: true"
        passwords = {f"CHANGE-{name}": self.plan["passwords"][name] for name in PASSWORDS}
        addresses = {
            f"{word}: 10.0.0.11:{port}": f"{word}: 127.0.0.1:{ports[part][side]}"
            for part, port in (("patroni", 8008), ("postgresql", 5432))
            for word, side in (("listen", "listens"), ("connect_address", "reached"))
        }
        return change(
            (HERE / "patroni.yml").read_text(),
            {
                "name: db1": f"name: {name}",
                "10.0.0.11:2379,10.0.0.12:2379,10.0.0.13:2379": etcd,
                "/var/lib/postgresql/15/turnout": str(own / "data"),
                "/usr/lib/postgresql/15/bin": find_postgresql(),
                "/var/lib/postgresql/.pgpass-patroni": str(own / "pgpass"),
                "/var/run/postgresql": str(own),
                "10.0.0.0/24": "127.0.0.0/8",
                "mode: automatic": 'mode: "off"',
            }
            | passwords
            | addresses,
        )

    def _start_haproxy(self) -> None:
        parts = enumerate(self.ports["databases"], start=1)
        servers = [
            f"    server db{number} 127.0.0.1:{ports['postgresql']['reached']}"
            f" check port {ports['patroni']['reached']}\n"
            for number, ports in parts
        ]
        shipped = (HERE / "database.cfg").read_text()
        database = change(
            shipped,
            {
                find(r"((?: {4}server db\d.*\n)+)", shipped): "".join(servers),
                "127.0.0.1:5000\n": f"127.0.0.1:{self.ports['database']}\n",
            },
        )
        one, two = self.ports["turnout"]
        web = change(
            (HERE.parent / "haproxy.cfg").read_text(),
            dict.fromkeys(TLS_LINES, "")
            | {
                "bind :80\n": f"bind 127.0.0.1:{self.ports['web']}\n",
                "X-Forwarded-Proto https": "X-Forwarded-Proto http",
                "server one 127.0.0.1:8080": f"server one 127.0.0.1:{one}\n"
                f"    server two 127.0.0.1:{two}",
            },
        )
        file = self.folder / "haproxy.cfg"
        file.write_text(f"{web}\n{database}")
        self._run("haproxy", ["haproxy", "-db", "-f", str(file)])

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

    def _start_turnout(self, name: str, port: int, *, with_demo: bool) -> None:
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
        owner: pwd.struct_passwd | None = None,
    ) -> None:
        """Start a process of its own, with its log, and write it down."""
        user: dict[str, Any] = {}
        if owner:
            user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        with (self.folder / "logs" / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [find_program(command[0]), *command[1:]],
                env={key: value for key, value in os.environ.items() if not key.startswith("PG")}
                | (environ or {}),
                cwd=self.folder / name if owner else self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **user,
            )
        self.plan["processes"][name] = {"pid": process.pid, "began": read_began(process.pid)}
        self.save()

    def save(self) -> None:
        write_private(self.folder / "trial.json", json.dumps(self.plan, indent=2))

    # -- asking --------------------------------------------------------------------------------

    def _wait(self, what: str, name: str, is_there: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        log = self.folder / "logs" / f"{name}.log"
        while not is_there():
            if not is_running(self.plan["processes"][name]):
                raise TrialError(f"{name} has ended; its last words are in {log}.")
            if time.monotonic() > deadline:
                raise TrialError(f"Waited {PATIENCE_S} s for {what}; look into {log}.")
            time.sleep(POLL_S)

    def _wait_for_node(self, name: str, port: int) -> None:
        self._wait(f"node {name} of Turnout", f"turnout-{name}", partial(is_ready, port))

    def _has_etcd(self) -> bool:
        answers = [ask(member["client"], "/health") for member in self.ports["etcd"]]
        return all(status == 200 for status, _ in answers)

    def ask_primary(self, path: str) -> dict[str, Any]:
        """What Patroni says on the machine that may write now; {} where there is none."""
        for ports in self.ports["databases"]:
            port = ports["patroni"]["listens"]
            if ask(port, "/primary")[0] == 200:
                status, body = ask(port, path)
                return dict(json.loads(body)) if status == 200 else {}
        return {}

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
            and all(each["state"] == "streaming" for each in followers)
            and len(members) == len(self.ports["databases"])
            and len({member.get("timeline") for member in members}) == 1
            and any(member["role"] == "sync_standby" for member in members)
        )

    # -- stopping ------------------------------------------------------------------------------

    def stop(self) -> None:
        """End everything that was started, and nothing else. Idempotent."""
        for part, seconds in STOPPED:
            own = {
                name: each for name, each in self.plan["processes"].items() if name.startswith(part)
            }
            for number in (signal.SIGCONT, signal.SIGTERM):
                for process in own.values():
                    send(process, number)
            deadline = time.monotonic() + seconds
            for name, process in own.items():
                while is_running(process) and time.monotonic() < deadline:
                    time.sleep(POLL_S)
                send(process, signal.SIGKILL)
                end_postmaster(self.folder / name / "data")
                say(f"{name} has ended.")
        self.plan["processes"] = {}
        self.save()


def end_postmaster(data: Path) -> None:
    """End a PostgreSQL that outlived its Patroni, if it is the one of this folder."""
    with suppress(OSError, ValueError):
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if str(data).encode() in words or f"--data-directory={data}".encode() in words:
            for number in (signal.SIGCONT, signal.SIGQUIT):
                os.kill(pid, number)


# -- small things --------------------------------------------------------------------------


def say(text: str) -> None:
    print(text, flush=True)


def find(pattern: str, text: str) -> str:
    """The first group of a pattern that must be in the text."""
    found = re.search(pattern, text)
    if found is None:
        raise LookupError(f"{pattern} is not in the configuration")
    return found[1]


def find_program(name: str) -> str:
    """Where a program is, also in the folders of the administrator's."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    program = shutil.which(name, path=path)
    if program is None:
        raise TrialError(f"{name} is not installed: see deploy/ha/README.md.")
    return program


def find_postgresql() -> str:
    """The folder of the newest PostgreSQL's programs."""
    folders = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    if not folders:
        raise TrialError("PostgreSQL is not installed: see deploy/ha/README.md.")
    newest = max(folders, key=lambda path: int(Path(path).parts[-3]))
    return str(Path(newest).parent)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = file.with_name(f"{file.name}.new")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)


def ask(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of GET; (0, b"") where nobody answers within two seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def is_ready(port: int) -> bool:
    return ask(port, "/readyz")[0] == 200


def read_began(pid: int) -> str | None:
    """When a process began, as the kernel counts it; None when there is none (a zombie is none)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def is_running(process: dict[str, Any]) -> bool:
    """Whether it is still that process, and not another that got its number."""
    return process["began"] is not None and read_began(process["pid"]) == process["began"]


def send(process: dict[str, Any], number: signal.Signals) -> None:
    if is_running(process):
        with suppress(ProcessLookupError):
            os.kill(process["pid"], number)


# -- commands ------------------------------------------------------------------------------


def start(folder: Path, machines: int, *, with_demo: bool) -> None:
    if (folder / "trial.json").exists():
        raise TrialError(f"{folder} has had a trial: stop it, and remove the folder.")
    check_place(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    (folder / "logs").mkdir()
    trial = Trial(folder, make_plan(folder, machines))
    try:
        trial.start(with_demo=with_demo)
    except BaseException:
        trial.stop()
        raise
    say(f"\nTurnout: {trial.plan['web']}")
    say(f"The address of its database, with the password: {folder / 'trial.json'}")
    say(f"Stop it: {sys.argv[0]} stop {folder}")


def check_place(folder: Path) -> None:
    """Raise TrialError for what is missing: a program, Turnout, or a way into the folder."""
    for name in ("etcd", "patroni", "haproxy"):
        find_program(name)
    find_postgresql()
    if importlib.util.find_spec("turnout") is None:
        raise TrialError(f"{sys.executable} has no Turnout: run this with the Python that has it.")
    parents = [each for each in folder.parents if each.exists()]
    if OWNER and not all(each.stat().st_mode & 0o001 for each in parents):
        raise TrialError(f"The user postgres cannot enter {folder}: choose another folder.")


def open_trial(folder: Path) -> Trial:
    try:
        return Trial(folder, json.loads((folder / "trial.json").read_text()))
    except FileNotFoundError as error:
        raise TrialError(f"There is no trial in {folder}.") from error


def status(folder: Path) -> None:
    trial = open_trial(folder)
    for line in describe(trial):
        say(line)


def describe(trial: Trial) -> Iterator[str]:
    """A line for each process and each database."""
    for name, process in trial.plan["processes"].items():
        yield f"{name}: {'runs' if is_running(process) else 'has ended'}, pid {process['pid']}"
    for member in trial.list_members():
        yield f"{member['name']}: {member['role']}, {member['state']}, lag {member.get('lag', 0)}"
    yield f"Turnout answers: {'yes' if is_ready(trial.ports['web']) else 'no'}, {trial.plan['web']}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="trial.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("command", choices=["start", "status", "stop"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--machines", type=int, default=3, choices=(2, 3, 5), help="databases")
    parser.add_argument("--empty", action="store_true", help="without the sample data")
    options = parser.parse_args()
    folder = options.folder.resolve()
    commands: dict[str, Callable[[], None]] = {
        "start": lambda: start(folder, options.machines, with_demo=not options.empty),
        "status": lambda: status(folder),
        "stop": lambda: open_trial(folder).stop(),
    }
    try:
        commands[options.command]()
    except TrialError as error:
        raise SystemExit(str(error)) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
