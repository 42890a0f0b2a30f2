"""How a connection to PostgreSQL notices that nobody answers, and whom it wants.

Theory. A network that goes silent says nothing: without more, a client waits until its system gives
up, a quarter of an hour. So the kernel asks the other side while it is quiet (keep-alives), and
gives up on what is not acknowledged (`tcp_user_timeout`). And a name that leads to several servers,
or to another one since a failover, may lead to one that takes no changes (`target_session_attrs`).

What the operator has set, in the address or by the variables of libpq, is left as it is.
"""

import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict

CONNECT_TIMEOUT_S = 5
SILENCE_S = 10
_SILENCE = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENCE_S * 1000,
}
_VARIABLES = {
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


def options_for(url: str, *, writes: bool) -> dict[str, Any]:
    """What to add to the address `url`. One that only reads may do so where the administrator or
    provider has forbidden changes, but not on a replica, which may lag behind. Raises
    psycopg.ProgrammingError for an address that cannot be read."""
    wanted = _SILENCE | {"target_session_attrs": "read-write" if writes else "primary"}
    given = conninfo_to_dict(url)
    return {
        name: value
        for name, value in wanted.items()
        if name not in given and _VARIABLES.get(name, "") not in os.environ
    }
