-- name: get_database_bytes()$ -> int
-- crosses organizations: all of them are in one file.
SELECT (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size());
