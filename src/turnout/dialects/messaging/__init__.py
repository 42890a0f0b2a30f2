"""The messaging API: jobs, users and verification codes."""
