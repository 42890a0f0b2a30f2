"""The report of an event: who turned out, its files, and the links that show it to others."""
