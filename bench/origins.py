"""What servers are measured on: a seeded database of either kind, and copies of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import Demo, make_demo, url_of
from tests.support.node import new_database
from tests.support.postgresql import Cluster

BACKENDS = ("sqlite", "postgresql")
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Origin(ABC):
    """A seeded database that nobody serves, and the keys and paks of its demo."""

    backend: str

    def __init__(self, demo: Demo) -> None:
        self.demo = demo

    @property
    def name(self) -> str:
        """The database, as people call it."""
        return NAMES[self.backend]

    @abstractmethod
    def copy(self, folder: Path) -> str:
        """A copy of it: its address. What its server logs goes into the new folder."""

    @abstractmethod
    def of(self, url: str) -> "Origin":
        """The same demo in another database that nobody serves, to be copied from there."""


class SqliteOrigin(Origin):
    """A file."""

    backend = "sqlite"

    def copy(self, folder: Path) -> str:
        return url_of(self.demo.copy_database(folder))

    def of(self, url: str) -> "SqliteOrigin":
        path = Path(url.removeprefix("sqlite:///"))
        return SqliteOrigin(self.demo._replace(folder=path.parent))


class PostgresqlOrigin(Origin):
    """A database of a server of its own, which makes everything durable."""

    backend = "postgresql"

    def __init__(self, demo: Demo, cluster: Cluster, url: str) -> None:
        super().__init__(demo)
        self._cluster = cluster
        self._url = url

    def copy(self, folder: Path) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        return self._cluster.create_database(template=self._url)

    def of(self, url: str) -> "PostgresqlOrigin":
        return PostgresqlOrigin(self.demo, self._cluster, url)


@contextmanager
def origin_on(
    backend: str, demo: Demo, folder: Path, *, is_durable: bool = True
) -> Iterator[Origin]:
    """The demo in a file, or another one on a new PostgreSQL. Unless `is_durable`, that does not
    wait for its disk: it measures nothing then, and shows that all works."""
    if backend == "sqlite":
        yield SqliteOrigin(demo)
        return
    with Cluster.start(fsync=is_durable) as cluster:
        url = new_database(backend, folder, cluster)
        yield PostgresqlOrigin(make_demo(folder / "seeded", url), cluster, url)
