"""What mails about events say: texts of each kind and language, filled in and rendered."""
