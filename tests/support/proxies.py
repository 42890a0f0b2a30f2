"""The proxies of `deploy/`, started for real in front of a server.

A configuration is taken as it is shipped; only the names, addresses and files that its head tells
an operator to change are changed, and the ports. Debian's packages are installed where that can be
done. A proxy ends with the test process, even one that was killed (see `tests.support.server`).
"""

import getpass
import os
import shlex
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from tests.support.debian import install_packages
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
HOST = "events.example.com"
START_TIMEOUT_S = 30
POLL_S = 0.02
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_KEEPER = 'cat >/dev/null; kill -s KILL -- "-$1" 2>/dev/null'

_NGINX = """
user {user};
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
STOCK_NGINX = "server {{ listen 127.0.0.1:80; location / {{ proxy_pass http://127.0.0.1:8080; }} }}"


def find_program(name: str) -> str | None:
    """Where a program is, also in the folders of the administrator's."""
    return shutil.which(name, path=_PATH)


class Certificate(NamedTuple):
    """A self-made one for HOST: the certificate, its key, and both in one file."""

    chain: Path
    key: Path
    both: Path


def make_certificate(folder: Path) -> Certificate:
    made = Certificate(folder / "site.crt", folder / "site.key", folder / "site.pem")
    subprocess.run(
        shlex.split(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
            f"-subj /CN={HOST} -addext subjectAltName=DNS:{HOST} "
            f"-keyout {made.key} -out {made.chain}"
        ),
        check=True,
        capture_output=True,
    )
    made.both.write_bytes(made.chain.read_bytes() + made.key.read_bytes())
    return made


class Proxy:
    """`name` is nginx, caddy, haproxy, or stock-nginx: three lines, plain HTTP on `http_port`."""

    def __init__(self, name: str, folder: Path, upstream: int) -> None:
        self.name, self.folder = name, folder
        self.http_port, self.https_port = free_port(), free_port()
        self.certificate = make_certificate(folder)
        self._upstream = f"127.0.0.1:{upstream}"
        self._log = folder / "proxy.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = {"nginx": self._nginx, "caddy": self._caddy, "haproxy": self._haproxy}
        command["stock-nginx"] = self._stock_nginx
        words = command[self.name]()
        program = words[0]
        if not find_program(program):
            install_packages([program], lambda: find_program(program))
        environ = os.environ | {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [find_program(program) or program, *words[1:]],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", str(self._process.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self._wait_until_listening()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._keeper is not None
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()  # it kills the whole group
        self._keeper.wait()
        self._process.wait()

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        assert self._process is not None
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.http_port), 1):
                return
            time.sleep(POLL_S)
        self.__exit__()
        raise RuntimeError(f"{self.name} does not listen:\n{self._log.read_text()}")

    def _nginx(self) -> list[str]:
        live = f"/etc/letsencrypt/live/{HOST}"
        text = self._read("nginx.conf", {"listen [::]": "# listen [::]"})
        return self._run_nginx(
            _change(
                text,
                {
                    "listen 80;": f"listen 127.0.0.1:{self.http_port};",
                    "listen 443 ssl": f"listen 127.0.0.1:{self.https_port} ssl",
                    f"{live}/fullchain.pem": str(self.certificate.chain),
                    f"{live}/privkey.pem": str(self.certificate.key),
                    "/var/log/nginx/": f"{self.folder}/",
                },
            )
        )

    def _stock_nginx(self) -> list[str]:
        text = STOCK_NGINX.format()
        ports = {"127.0.0.1:80;": f"127.0.0.1:{self.http_port};", "127.0.0.1:8080": self._upstream}
        return self._run_nginx(_change(text, ports))

    def _run_nginx(self, site: str) -> list[str]:
        (self.folder / "site.conf").write_text(site)
        main = self.folder / "nginx.conf"
        main.write_text(_NGINX.format(user=getpass.getuser(), folder=self.folder))
        return [
            "nginx",
            "-p",
            str(self.folder),
            "-e",
            str(self.folder / "error.log"),
            "-c",
            str(main),
        ]

    def _caddy(self) -> list[str]:
        chain, key = self.certificate.chain, self.certificate.key
        text = self._read(
            "Caddyfile",
            {
                "\tservers {": f"\tadmin off\n\thttp_port {self.http_port}\n"
                f"\thttps_port {self.https_port}\n\tservers {{",
                f"# tls /etc/caddy/{HOST}.crt /etc/caddy/{HOST}.key": f"tls {chain} {key}",
            },
        )
        file = self.folder / "Caddyfile"
        file.write_text(text)
        return ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]

    def _haproxy(self) -> list[str]:
        text = self._read(
            "haproxy.cfg",
            {
                "log /dev/log local0": "log stdout format raw local0",
                "bind :80\n": f"bind 127.0.0.1:{self.http_port}\n",
                "bind :443": f"bind 127.0.0.1:{self.https_port}",
                f"/etc/haproxy/certs/{HOST}.pem": str(self.certificate.both),
            },
        )
        file = self.folder / "haproxy.cfg"
        file.write_text(text)
        return ["haproxy", "-db", "-f", str(file)]

    def _read(self, name: str, changes: dict[str, str]) -> str:
        text = (ROOT / "deploy" / name).read_text()
        return _change(text, {"127.0.0.1:8080": self._upstream} | changes)


def _change(text: str, changes: dict[str, str]) -> str:
    """Each of `changes` made, wherever it applies. Raises LookupError where one does not."""
    for old, new in changes.items():
        if old not in text:
            raise LookupError(f"{old} is not in the configuration")
        text = text.replace(old, new)
    return text
