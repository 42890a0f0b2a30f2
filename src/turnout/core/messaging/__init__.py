"""Messages on every channel: jobs, recipients, attempts, replies."""
