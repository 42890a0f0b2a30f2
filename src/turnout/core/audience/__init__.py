"""The audience: who watched, asked and answered, and reports of it."""
