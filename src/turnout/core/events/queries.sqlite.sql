-- name: list_wanted_sessions(org_id, paks, noun, target_id: int)
--     -> (pak: str, id: SessionId, event_id: EventId, state: str, event_state: str)
-- The sessions named by `paks` (JSON) that belong to the event or channel. CROSS JOIN holds SQLite
-- to this order: it cannot know that the list is short.
SELECT s.pak, s.id, s.event_id, s.state, e.state
FROM json_each(:paks) w
CROSS JOIN sessions s ON s.org_id = :org_id AND s.pak = w.value
CROSS JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
WHERE (:noun = 'event' AND s.event_id = :target_id)
    OR (:noun = 'channel' AND EXISTS (
        SELECT 1 FROM channel_events c
        WHERE c.org_id = :org_id AND c.channel_id = :target_id AND c.event_id = s.event_id))
ORDER BY s.event_id, s.id;

-- name: take_session_places(org_id, ids) -> (id: SessionId)
-- `ids` is JSON. The guard and the count are one statement; full sessions are left out.
UPDATE sessions SET held = held + 1
WHERE org_id = :org_id AND id IN (SELECT value FROM json_each(:ids))
    AND (capacity IS NULL OR held < capacity)
RETURNING id;
