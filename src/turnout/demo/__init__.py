"""The demo: an organization with a believable programme, the same on every machine.

One module for each member of demo.json: what it holds (`Member`), how it is made (`seed`) and what
the start page offers to try with it (`show`). Titles, times, people and paks follow from a fixed
seed and the present year; secrets are random on each machine. Everything is made by the product's
own verbs, so the demo is also their test.
"""
