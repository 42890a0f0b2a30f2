"""What the staff is mailed of their accounts: invitations, links to a new password, new devices."""
