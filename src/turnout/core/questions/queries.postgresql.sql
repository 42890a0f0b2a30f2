-- name: lock_event(org_id, id: EventId)$ -> EventId | None
-- So that two changes of an event's questions come one after the other.
SELECT id FROM events WHERE org_id = :org_id AND id = :id FOR UPDATE;

-- name: count_answers(org_id, event_id, counted: str) -> (question: str, answer: str, total: int)
SELECT a.value->>'question' AS question,
    CASE WHEN a.value->>'question' IN (
            SELECT c.value FROM jsonb_array_elements_text(CAST(:counted AS JSONB)) AS c(value))
        THEN a.value->>'answer' ELSE '' END AS answer,
    count(*) AS total
FROM registrations r
CROSS JOIN jsonb_array_elements(CAST(r.answers AS JSONB)->'answers') AS a(value)
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
GROUP BY 1, 2 ORDER BY 1, 2;
