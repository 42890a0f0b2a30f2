"""Work in hand: how often it was claimed without a result, and what was set aside for that."""
