"""Five HTTP APIs over one model; each a room of its own, none knows another."""
