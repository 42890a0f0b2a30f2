"""The entry: an interrupt while the program is loaded ends it quietly."""

import subprocess
import sys

INTERRUPTED_WHILE_LOADING = """
import sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == "cyclopts":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from turnout.__main__ import main
main()
"""


def test_an_interrupt_while_loading_ends_quietly() -> None:
    run = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stdout, run.stderr) == (130, b"", b"")
