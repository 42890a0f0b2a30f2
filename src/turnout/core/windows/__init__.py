"""Fixed windows that are stored: what was counted holds over restarts and nodes."""
