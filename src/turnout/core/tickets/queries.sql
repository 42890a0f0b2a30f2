-- name: add_ticket(org_id, id, code, registration_id, ticket_type_id, now)!
-- 0 rows when the code is taken.
INSERT INTO tickets
    (org_id, id, code, registration_id, ticket_type_id, state, created_at, updated_at)
VALUES (:org_id, :id, :code, :registration_id, :ticket_type_id, 'valid', :now, :now)
ON CONFLICT (org_id, code) DO NOTHING;

-- name: list_tickets(org_id, registration_id)
SELECT id, code, ticket_type_id, state FROM tickets
WHERE org_id = :org_id AND registration_id = :registration_id ORDER BY id;

-- name: cancel_tickets(org_id, registration_id, now)!
UPDATE tickets SET state = 'cancelled', updated_at = :now
WHERE org_id = :org_id AND registration_id = :registration_id AND state = 'valid';
