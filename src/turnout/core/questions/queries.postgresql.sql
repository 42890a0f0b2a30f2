-- name: lock_event(org_id, id: EventId)$ -> EventId | None
-- So that two changes of an event's questions come one after the other.
SELECT id FROM events WHERE org_id = :org_id AND id = :id FOR UPDATE;
