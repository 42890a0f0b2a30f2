-- A window runs until `ends_at`, unless it begins in the future: then it has ended, too
-- (store/windows.py). One that has ended is replaced by the next that is counted.

-- name: add_to_window(org_id, kind, name, started_at, ends_at, counted: int, limit, now, ahead)^
--     -> counting.Window | None
-- Returns no row at the limit.
INSERT INTO windows (org_id, kind, name, started_at, ends_at, counted)
VALUES (:org_id, :kind, :name, :started_at, :ends_at, :counted)
ON CONFLICT (org_id, kind, name) DO UPDATE SET
    counted = CASE WHEN windows.ends_at <= :now OR windows.started_at > :ahead
        THEN excluded.counted ELSE windows.counted + excluded.counted END,
    started_at = CASE WHEN windows.ends_at <= :now OR windows.started_at > :ahead
        THEN excluded.started_at ELSE windows.started_at END,
    ends_at = CASE WHEN windows.ends_at <= :now OR windows.started_at > :ahead
        THEN excluded.ends_at ELSE windows.ends_at END
WHERE windows.counted < :limit OR windows.ends_at <= :now OR windows.started_at > :ahead
RETURNING started_at, ends_at, counted;

-- name: book_in_window(org_id, kind, name, now, ends_at, limit, ahead)$ -> int
-- The window grows by its length for every `limit` that are counted.
INSERT INTO windows (org_id, kind, name, started_at, ends_at, counted)
VALUES (:org_id, :kind, :name, :now, :ends_at, 1)
ON CONFLICT (org_id, kind, name) DO UPDATE SET
    counted = CASE WHEN windows.ends_at <= excluded.started_at OR windows.started_at > :ahead
        THEN 1 ELSE windows.counted + 1 END,
    started_at = CASE WHEN windows.ends_at <= excluded.started_at OR windows.started_at > :ahead
        THEN excluded.started_at ELSE windows.started_at END,
    ends_at = CASE WHEN windows.ends_at <= excluded.started_at OR windows.started_at > :ahead
        THEN excluded.ends_at
        WHEN windows.counted / CAST(:limit AS BIGINT) * CAST(:limit AS BIGINT) = windows.counted
        THEN windows.ends_at + excluded.ends_at - excluded.started_at
        ELSE windows.ends_at END
RETURNING ends_at;

-- name: find_window(org_id, kind, name)^ -> counting.Window | None
SELECT started_at, ends_at, counted FROM windows
WHERE org_id = :org_id AND kind = :kind AND name = :name;

-- name: take_back(org_id, kind, name)!
UPDATE windows SET counted = counted - 1
WHERE org_id = :org_id AND kind = :kind AND name = :name AND counted > 0;

-- name: clear_window(org_id, kind, name)!
DELETE FROM windows WHERE org_id = :org_id AND kind = :kind AND name = :name;

-- name: list_ended_windows(now, limit) -> (org_id: OrgId, kind: str, name: str)
-- crosses organizations: ended windows are deleted for all of them.
SELECT org_id, kind, name FROM windows WHERE ends_at <= :now ORDER BY ends_at LIMIT :limit;

-- name: delete_ended_window(org_id, kind, name, now)*!
-- The end is asked again: somebody may have begun the window again.
DELETE FROM windows
WHERE org_id = :org_id AND kind = :kind AND name = :name AND ends_at <= :now;
