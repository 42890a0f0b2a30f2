"""The entry of `turnout` and `python -m turnout`: anyone who interrupts it while it is loaded sees
no traceback either, and a server that is told to stop while it starts ends as one that runs."""

import signal
import sys

from turnout.garbage import look_seldom

INTERRUPTED = 130
_SERVERS = ("serve", "work", "demo")


def main() -> None:
    """Load the command line and run it; exits 130 when interrupted, and 0 when
    a server is told to stop before it runs."""
    look_seldom()
    if sys.argv[1:] and sys.argv[1] in _SERVERS:
        signal.signal(signal.SIGTERM, _stop)
    try:
        from turnout.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _stop(*_: object) -> None:
    """Until the server has its own way to stop."""
    sys.exit(0)


if __name__ == "__main__":
    main()
