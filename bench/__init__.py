"""Measures Turnout: `python -m bench --help`. Method and figures are in docs/performance.md.

`load.py` makes the load, `bare.py` is the limit that Turnout is held against, `servers.py` starts
and stops both. A step is a module with a `measure` that returns figures and a `tables` that shows
them: `register.py`, `drain.py`, `growth.py`, `memory.py`.
"""
