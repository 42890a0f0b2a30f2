"""The registrations of an event in the console: a list, one person beside it, and the changes."""
