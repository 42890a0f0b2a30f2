"""The entry of `turnout` and `python -m turnout`: anyone who interrupts it while it is loaded sees
no traceback either."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Load the command line and run it; exits 130 when interrupted."""
    try:
        from turnout.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
