-- name: get_database_bytes()$ -> int
-- crosses organizations: all of them are in one database.
SELECT pg_database_size(current_database());
