-- name: add_entry(org_id, id: int, at: int, actor, action, noun, noun_id: int, facts)!
INSERT INTO audit_entries (org_id, id, at, actor, action, noun, noun_id, facts)
VALUES (:org_id, :id, :at, :actor, :action, :noun, :noun_id, :facts);

-- name: list_entries(org_id, noun, noun_id: int) -> recording.Entry
SELECT at, actor, action, facts FROM audit_entries
WHERE org_id = :org_id AND noun = :noun AND noun_id = :noun_id
ORDER BY at, id;

-- name: add_installation_entry(id: int, at: int, actor, action, noun, facts)!
-- crosses organizations: it is a change of what all of them share.
INSERT INTO installation_entries (id, at, actor, action, noun, facts)
VALUES (:id, :at, :actor, :action, :noun, :facts);

-- name: list_newest_installation_entries(limit)
--     -> (at: int, actor: str, action: str, noun: str, facts: str)
-- crosses organizations: they are changes of what all of them share.
SELECT at, actor, action, noun, facts FROM installation_entries
ORDER BY at DESC, id DESC LIMIT :limit;

-- name: list_installation_entries(noun) -> recording.Entry
-- crosses organizations: they are changes of what all of them share.
SELECT at, actor, action, facts FROM installation_entries WHERE noun = :noun
ORDER BY at, id;

-- name: list_newest_entries(org_id, noun, noun_id: int, actor, before: int, limit)
--     -> recording.LogLine
-- `noun` and `actor` empty and `noun_id` 0 = any; `before` is the number of the last line before.
SELECT id, at, actor, action, noun, noun_id, facts FROM audit_entries
WHERE org_id = :org_id AND id < :before AND (:noun = '' OR noun = :noun)
    AND (:noun_id = 0 OR noun_id = :noun_id) AND (:actor = '' OR actor = :actor)
ORDER BY id DESC LIMIT :limit;

-- name: list_newest_of(org_id, noun, noun_id: int, before: int, limit) -> recording.LogLine
SELECT id, at, actor, action, noun, noun_id, facts FROM audit_entries
WHERE org_id = :org_id AND noun = :noun AND noun_id = :noun_id AND id < :before
ORDER BY id DESC LIMIT :limit;
