-- name: find_registration(org_id, event_id, person_id)^
SELECT id, uuid, event_id, person_id, ticket_type_id, state, source, answers, created_at, updated_at
FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id AND sitting = 0
FOR UPDATE;

-- name: lock_registration(org_id, id)^
SELECT id, uuid, event_id, person_id, ticket_type_id, state, source, answers, created_at, updated_at
FROM registrations WHERE org_id = :org_id AND id = :id FOR UPDATE;
