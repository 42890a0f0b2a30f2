"""Three databases that stand in for each other and two nodes of Turnout, all on this machine.

    .venv/bin/python deploy/ha/trial start /tmp/turnout-ha
    .venv/bin/python deploy/ha/trial status /tmp/turnout-ha
    .venv/bin/python deploy/ha/trial stop /tmp/turnout-ha

It takes the shipped configurations as they are, and changes only the names, addresses, folders
and passwords that their heads tell an operator to change. Everything listens on 127.0.0.1, on free
ports, and lives in the folder: `trial.json` says where each part is, `logs/` what it said. Each
process is written down with the moment at which it began, and `stop` ends those and no others.

It needs Debian's etcd-server, patroni, postgresql and haproxy, and a Python with Turnout. Settings
of Turnout in the environment go to both nodes. Under root the databases belong to `postgres`.

A `ports.json` that is already in the folder is used as it is. There `reached` may differ from
`listens` for who puts something between the parts, as the proof of failover does.
"""

import argparse
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from cluster import Cluster, open_cluster, say
from plan import choose_ports, make_plan, read_ports
from processes import OWNER, TrialError, find_postgresql, find_program, is_ready, is_running


def main() -> None:
    """Run one command. Raises SystemExit with what is wrong."""
    parser = argparse.ArgumentParser(prog="trial", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("command", choices=["start", "status", "stop"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--machines", type=int, default=3, choices=(2, 3, 5), help="databases")
    parser.add_argument("--empty", action="store_true", help="without the sample data")
    options = parser.parse_args()
    folder = options.folder.resolve()
    commands: dict[str, Callable[[], None]] = {
        "start": lambda: start(folder, options.machines, with_demo=not options.empty),
        "status": lambda: status(folder),
        "stop": lambda: open_cluster(folder).stop(),
    }
    try:
        commands[options.command]()
    except TrialError as error:
        raise SystemExit(str(error)) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def start(folder: Path, machines: int, *, with_demo: bool) -> None:
    """Start a trial in a folder that has none. Raises TrialError, and leaves nothing running."""
    if (folder / "trial.json").exists():
        raise TrialError(f"{folder} has had a trial: stop it, and remove the folder.")
    check_place(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    (folder / "logs").mkdir()
    cluster = Cluster(folder, make_plan(folder, read_ports(folder) or choose_ports(machines)))
    try:
        cluster.start(with_demo=with_demo)
    except BaseException:
        cluster.stop()
        raise
    say(f"\nTurnout: {cluster.plan['web']}")
    say(f"The address of its database, with the password: {folder / 'trial.json'}")
    say(f"Stop it: {sys.argv[0]} stop {folder}")


def check_place(folder: Path) -> None:
    """Raise TrialError for what is missing: a program, Turnout, or a way into the folder."""
    for name in ("etcd", "patroni", "haproxy"):
        find_program(name)
    find_postgresql()
    if importlib.util.find_spec("turnout") is None:
        raise TrialError(f"{sys.executable} has no Turnout: run this with the Python that has it.")
    parents = [parent for parent in folder.parents if parent.exists()]
    if OWNER and not all(parent.stat().st_mode & 0o001 for parent in parents):
        raise TrialError(f"The user postgres cannot enter {folder}: choose another folder.")


def status(folder: Path) -> None:
    """Say what runs. Raises TrialError."""
    for line in describe(open_cluster(folder)):
        say(line)


def describe(cluster: Cluster) -> Iterator[str]:
    """A line for each process and each database."""
    for name, process in cluster.plan["processes"].items():
        yield f"{name}: {'runs' if is_running(process) else 'has ended'}, pid {process['pid']}"
    for member in cluster.list_members():
        yield f"{member['name']}: {member['role']}, {member['state']}, lag {member.get('lag', 0)}"
    web = cluster.plan["web"]
    yield f"Turnout answers: {'yes' if is_ready(cluster.ports['web']) else 'no'}, {web}"


if __name__ == "__main__":
    main()
