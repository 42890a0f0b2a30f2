"""The audience: who watched how long, what they asked and answered, and who may read of it."""
