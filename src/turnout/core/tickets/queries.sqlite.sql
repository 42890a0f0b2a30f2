-- name: add_tickets(rows, granted_by, now)!
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, id, code, registration_id, ticket_type_id], …], each the first of its
-- registration. Leaves out those whose code is taken.
INSERT INTO tickets (org_id, id, code, registration_id, ticket_type_id, state, granted_by,
    created_at, updated_at)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3,
    r.value ->> 4, 'valid', :granted_by, :now, :now
FROM json_each(:rows) r
WHERE true
ON CONFLICT (org_id, code) DO NOTHING;
