"""The ports, names and passwords of a trial, and the shipped configurations made to fit them."""

import json
import random
import re
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from processes import find_postgresql

SHIPPED = Path(__file__).resolve().parents[1]
PASSWORDS = ("REST", "SUPERUSER", "REPLICATION", "REWIND")
TLS_LINES = (
    "    bind :443 ssl crt /etc/haproxy/certs/events.example.com.pem alpn h2,http/1.1\n",
    "    http-request redirect scheme https code 308 unless { ssl_fc }\n",
    "    log /dev/log local0\n",
)


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


def make_plan(folder: Path, ports: dict[str, Any]) -> dict[str, Any]:
    """All names, ports and passwords, as `trial.json` has them; nothing is started."""
    made = {name: secrets.token_urlsafe(16) for name in (*PASSWORDS, "TURNOUT")}
    database = f"127.0.0.1:{ports['database']}/turnout"
    return {
        "folder": str(folder),
        "ports": ports,
        "passwords": made,
        "web": f"http://127.0.0.1:{ports['web']}",
        "database_url": f"postgresql://turnout:{made['TURNOUT']}@{database}",
        "processes": {},
    }


def read_ports(folder: Path) -> dict[str, Any] | None:
    """The ports that were chosen for the folder before; None if it has no `ports.json`."""
    given = folder / "ports.json"
    return dict(json.loads(given.read_text())) if given.exists() else None


# -- the configurations --------------------------------------------------------------------


def etcd_environment(plan: dict[str, Any], number: int) -> dict[str, str]:
    """What `etcd.env` says, for the member of that number (from 0)."""
    name, own = f"etcd{number + 1}", plan["ports"]["etcd"][number]
    members = ",".join(
        f"etcd{index}=http://127.0.0.1:{member['peer']}"
        for index, member in enumerate(plan["ports"]["etcd"], start=1)
    )
    shipped = (SHIPPED / "etcd.env").read_text()
    text = _change(
        shipped,
        {
            _find("ETCD_INITIAL_CLUSTER=(.*)", shipped): members,
            "ETCD_NAME=etcd1": f"ETCD_NAME={name}",
            "/var/lib/etcd/turnout": f"{plan['folder']}/{name}",
            "http://10.0.0.11:2379": f"http://127.0.0.1:{own['client']}",
            "http://10.0.0.11:2380": f"http://127.0.0.1:{own['peer']}",
        },
    )
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    # Three on one disk wait for each other's writes; a leader is not missed for that.
    patience = {"ETCD_HEARTBEAT_INTERVAL": "200", "ETCD_ELECTION_TIMEOUT": "2000"}
    return dict(line.split("=", 1) for line in lines) | patience


def patroni_file(plan: dict[str, Any], number: int) -> str:
    """What `patroni.yml` says, for the database of that number (from 0)."""
    name, own = f"db{number + 1}", f"{plan['folder']}/db{number + 1}"
    ports = plan["ports"]["databases"][number]
    passwords = {f"CHANGE-{name}": plan["passwords"][name] for name in PASSWORDS}
    addresses = {
        f"{word}: 10.0.0.11:{port}": f"{word}: 127.0.0.1:{ports[part][side]}"
        for part, port in (("patroni", 8008), ("postgresql", 5432))
        for word, side in (("listen", "listens"), ("connect_address", "reached"))
    }
    return _change(
        (SHIPPED / "patroni.yml").read_text(),
        {
            "name: db1": f"name: {name}",
            "10.0.0.11:2379,10.0.0.12:2379,10.0.0.13:2379": _etcd_hosts(plan, ports["etcd"]),
            "/var/lib/postgresql/15/turnout": f"{own}/data",
            "/usr/lib/postgresql/15/bin": find_postgresql(),
            "/var/lib/postgresql/.pgpass-patroni": f"{own}/pgpass",
            "/var/run/postgresql": own,
            "10.0.0.0/24": "127.0.0.0/8",
            "mode: automatic": 'mode: "off"',
        }
        | passwords
        | addresses,
    )


def _etcd_hosts(plan: dict[str, Any], clients: list[int]) -> str:
    """The members that a Patroni asks; one that reaches them by other ports than they listen on
    must not ask them for their own addresses."""
    hosts = ",".join(f"127.0.0.1:{port}" for port in clients)
    is_direct = clients == [member["client"] for member in plan["ports"]["etcd"]]
    return hosts if is_direct else f"{hosts}\n  use_proxies: true"


def haproxy_file(plan: dict[str, Any]) -> str:
    """What `haproxy.cfg` and `database.cfg` say, in one file."""
    ports = plan["ports"]
    one, two = ports["turnout"]
    web = _change(
        (SHIPPED.parent / "haproxy.cfg").read_text(),
        dict.fromkeys(TLS_LINES, "")
        | {
            "bind :80\n": f"bind 127.0.0.1:{ports['web']}\n",
            "X-Forwarded-Proto https": "X-Forwarded-Proto http",
            "server one 127.0.0.1:8080": f"server one 127.0.0.1:{one}\n"
            f"    server two 127.0.0.1:{two}",
        },
    )
    shipped = (SHIPPED / "database.cfg").read_text()
    database = _change(
        shipped,
        {
            _find(r"((?: {4}server db\d.*\n)+)", shipped): _database_servers(ports),
            "127.0.0.1:5000\n": f"127.0.0.1:{ports['database']}\n",
        },
    )
    return f"{web}\n{database}"


def _database_servers(ports: dict[str, Any]) -> str:
    return "".join(
        f"    server db{number} 127.0.0.1:{own['postgresql']['reached']}"
        f" check port {own['patroni']['reached']}\n"
        for number, own in enumerate(ports["databases"], start=1)
    )


def _change(text: str, changes: dict[str, str]) -> str:
    """Make each change wherever it applies. Raises LookupError where one does not."""
    for old, new in changes.items():
        if old not in text:
            raise LookupError(f"{old} is not in the configuration")
        text = text.replace(old, new)
    return text


def _find(pattern: str, text: str) -> str:
    """The first group of a pattern that must be in the text."""
    found = re.search(pattern, text)
    if found is None:
        raise LookupError(f"{pattern} is not in the configuration")
    return found[1]
