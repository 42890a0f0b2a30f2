"""`python -m tools.node install` or `lock`."""

import sys

from tools import node

COMMANDS = {"install": node.install, "lock": node.lock}

if sys.argv[1:] and sys.argv[1] in COMMANDS:
    COMMANDS[sys.argv[1]]()
else:
    raise SystemExit(f"usage: python -m tools.node {'|'.join(COMMANDS)}")
