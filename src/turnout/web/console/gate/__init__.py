"""The ways into the console: signing in, its second step, a new password, the set-up of an empty
installation, an invitation. All work without JavaScript, passkeys excepted.

Their forms carry a token of the browser, not of a session (`PageSessions.open_form`); anyone who is
let in gets a new session in the transaction that uses the proof up (`PageSessions.enter`). Nothing
here takes a password over a connection that others can read (`PageSessions.is_private`).
"""
