-- What both databases share. == the installation ==

-- name: find_fact(name)$ -> str | None
-- crosses organizations: it is about the installation.
SELECT value FROM installation WHERE name = :name;

-- name: forget_fact(name)!
-- crosses organizations: it is about the installation.
DELETE FROM installation WHERE name = :name;

-- name: set_fact(name, value, now)!
-- crosses organizations: it is about the installation.
INSERT INTO installation (name, value, at) VALUES (:name, :value, :now)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at;

-- == late commits ==

-- name: note_late(id, began_at, ended_at)!
-- crosses organizations: a transaction may write to several.
INSERT INTO late_commits (id, began_at, ended_at) VALUES (:id, :began_at, :ended_at);

-- name: find_late_beginning(since, from_: int, until)$ -> int | None
-- crosses organizations: likewise.
SELECT min(began_at) FROM late_commits
WHERE ended_at >= :from_ AND ended_at < :until AND began_at < :since;

-- name: forget_late(before, limit)!
-- crosses organizations: likewise.
DELETE FROM late_commits WHERE id IN (
    SELECT id FROM late_commits WHERE ended_at < :before ORDER BY ended_at LIMIT :limit
);
