-- name: lock_offers(org_id, event_id) -> entries.Entry
-- The offers of an event, held until this transaction ends.
SELECT id, event_id, ticket_type_id, person_id, state, deadline_at, sti, reason, extras,
    language
FROM waiting_entries WHERE org_id = :org_id AND event_id = :event_id AND state = 'offered'
ORDER BY id FOR UPDATE;
