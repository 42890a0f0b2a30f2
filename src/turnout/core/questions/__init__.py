"""What an event asks of those who register, and what an answer may be."""
