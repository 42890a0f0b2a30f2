"""The messaging API: so far its users; jobs, callbacks and verification codes come later."""
