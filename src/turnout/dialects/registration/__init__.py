"""The registration API: sign in, register for events and channels, ask for the outcome."""
