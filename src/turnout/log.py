"""The log of the rooms that every command loads: core and store.

structlog takes as long to load as most commands run, so it is loaded with the first line that is
written. `http/logs.py` says what happens to the lines of a server.
"""

from typing import Any


class _Log:
    def __getattr__(self, level: str) -> Any:
        import structlog

        return getattr(structlog.get_logger(), level)


log: Any = _Log()
"""`log.warning("event", fact=value)`, as structlog's loggers."""
