"""The console's page of the door."""
