"""Pages of an organization: what it shows of itself, its rules, and the server it is on."""
