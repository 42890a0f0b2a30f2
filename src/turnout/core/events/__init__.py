"""The programme: venues, channels, events, sessions, ticket types, and their places."""
