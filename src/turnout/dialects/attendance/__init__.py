"""The attendance API; README.md says how its contract is served."""
