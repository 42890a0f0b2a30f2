"""What is true of the whole installation, whatever the organization: its address."""
