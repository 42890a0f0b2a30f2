"""The process that becomes LibreOffice, with limits that it has from its first instruction on:
`python -m turnout.formats.office_child PROGRAM ARGUMENT…`; office.py starts it."""

import os
import resource
import sys

MEMORY, CPU_S, LARGEST_FILE = 4_000_000_000, 90, 64_000_000


def main() -> None:
    """Limit itself, then become the program."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - as is wanted


if __name__ == "__main__":
    main()
