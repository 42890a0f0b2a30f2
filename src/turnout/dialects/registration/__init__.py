"""The registration API: sign in, register for events and channels, ask what became of it."""
