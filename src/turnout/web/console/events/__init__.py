"""The pages of an event in the console: made, described, published, filled, changed, cancelled."""
