"""The door on phones: devices, what they are answered, and what they do without a network."""
