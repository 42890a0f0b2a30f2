-- name: list_wanted_sessions(org_id, paks, noun, target_id: int)
--     -> (pak: str, id: SessionId, event_id: EventId, state: str, event_state: str)
-- The sessions named by `paks` (JSON) that belong to the event or channel.
SELECT s.pak, s.id, s.event_id, s.state, e.state
FROM jsonb_array_elements_text(CAST(:paks AS jsonb)) w (value)
JOIN sessions s ON s.org_id = :org_id AND s.pak = w.value
JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
WHERE (:noun = 'event' AND s.event_id = :target_id)
    OR (:noun = 'channel' AND EXISTS (
        SELECT 1 FROM channel_events c
        WHERE c.org_id = :org_id AND c.channel_id = :target_id AND c.event_id = s.event_id))
ORDER BY s.event_id, s.id;

-- name: take_session_places(org_id, ids) -> (id: SessionId)
-- `ids` is JSON. Rows are locked by rising number, so that two takers never wait in a ring; the
-- guard is judged again on the row as it is once the lock is had.
UPDATE sessions SET held = sessions.held + 1
FROM (
    SELECT id FROM sessions
    WHERE org_id = :org_id AND id IN (
        SELECT CAST(w.value AS BIGINT)
        FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
    ORDER BY id FOR UPDATE
) locked
WHERE sessions.org_id = :org_id AND sessions.id = locked.id
    AND (sessions.capacity IS NULL OR sessions.held < sessions.capacity)
RETURNING sessions.id;
