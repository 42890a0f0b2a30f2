"""What crosses nouns: intake, cancelling, one person's way through an event."""
