"""A connection to PostgreSQL that waits for no answer for ever.

Theory. The server ends what takes too long (`statement_timeout`), and the kernel gives up on a
network that goes silent (pg_options.py). Between them may stand what acknowledges every byte and
says nothing: a proxy whose server is gone, a pooler that has no session left for us. So each answer
is waited for a little longer than the server would take to say that it took too long; then the
connection is closed.

Psycopg waits at one place, `Connection.wait`, whatever it waits for; this one bounds it. After a
freeze an answer that has come since is taken.
"""

from typing import Any

import psycopg
from psycopg import errors as pg

OPEN_S = 8.0
"""For how long the first answer is waited for, once somebody has let us in."""
GRACE_S = 10.0
_INTERVAL_S = 0.1


class NotAnsweredError(psycopg.OperationalError):
    """Nothing was said for too long; the connection is closed."""


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed where nothing answers."""

    answer_s: float | None = OPEN_S

    def limit_answers(self, statement_ms: int) -> None:
        """From now on wait for as long as a statement may take (0 = any), and a little longer."""
        self.answer_s = statement_ms / 1000 + GRACE_S if statement_ms else None

    def wait(self, gen: Any, interval: float = _INTERVAL_S, timeout: float | None = None) -> Any:
        """As psycopg's. Raises NotAnsweredError; where the caller gave a `timeout`, what psycopg
        raises then."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answer_s)
        except pg._WaitTimeout as error:
            self.pgconn.finish()
            raise NotAnsweredError(f"no answer within {self.answer_s:g} seconds") from error
