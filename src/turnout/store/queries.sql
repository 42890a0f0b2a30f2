-- What both databases share. == the installation ==

-- name: find_fact(name)$
-- crosses organizations: it is about the installation.
SELECT value FROM installation WHERE name = :name;

-- name: forget_fact(name)!
-- crosses organizations: it is about the installation.
DELETE FROM installation WHERE name = :name;

-- name: set_fact(name, value, now)!
-- crosses organizations: it is about the installation.
INSERT INTO installation (name, value, at) VALUES (:name, :value, :now)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at;
