-- name: take_block(regclass)$ -> int
-- crosses organizations: numbers are unique in the whole installation.
SELECT nextval(CAST(:regclass AS regclass));
