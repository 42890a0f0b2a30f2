-- name: take_block(name, size: int)$ -> int
-- crosses organizations: numbers are unique in the whole installation.
UPDATE sequences SET next_value = next_value + :size WHERE name = :name
RETURNING next_value - :size;
