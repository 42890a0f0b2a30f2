"""A simulated telephone, for the demo's calls and for tests: a SIP user agent of its own in a
process of its own. What is at a number is decided by its last digit, as with the simulator's
network (manners.py); what the phone hears is kept as sound and as a timeline (keeping.py)."""
