-- name: find_registration(org_id, event_id, person_id)^
-- Locks the row on PostgreSQL, like lock_registration.
SELECT id, uuid, event_id, person_id, ticket_type_id, state, source, answers, created_at, updated_at
FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id AND sitting = 0;

-- name: lock_registration(org_id, id)^
-- Locks the row on PostgreSQL (see the override): state changes of one registration queue up.
SELECT id, uuid, event_id, person_id, ticket_type_id, state, source, answers, created_at, updated_at
FROM registrations WHERE org_id = :org_id AND id = :id;

-- name: add_registration(org_id, id, uuid, event_id, person_id, ticket_type_id, source, answers, now)!
-- 0 rows when the person is registered for the event already.
INSERT INTO registrations
    (org_id, id, uuid, event_id, person_id, ticket_type_id, state, source, answers, created_at,
     updated_at)
VALUES
    (:org_id, :id, :uuid, :event_id, :person_id, :ticket_type_id, 'confirmed', :source, :answers,
     :now, :now)
ON CONFLICT (org_id, person_id, event_id, sitting) DO NOTHING;

-- name: set_answers(org_id, id, answers, now)!
UPDATE registrations SET answers = :answers, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_registered_at(org_id, id, at)!
UPDATE registrations SET created_at = :at WHERE org_id = :org_id AND id = :id;

-- name: set_state(org_id, id, state, ticket_type_id, now)!
UPDATE registrations SET state = :state, ticket_type_id = :ticket_type_id, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: list_booked_sessions(org_id, registration_id)
SELECT session_id FROM session_bookings
WHERE org_id = :org_id AND registration_id = :registration_id ORDER BY session_id;

-- name: add_bookings(org_id, registration_id, session_id, now)*!
INSERT INTO session_bookings (org_id, registration_id, session_id, created_at)
VALUES (:org_id, :registration_id, :session_id, :now);

-- name: delete_bookings(org_id, registration_id)!
DELETE FROM session_bookings WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: count_registrations(org_id, event_id)$
SELECT count(*) FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND state = 'confirmed';
