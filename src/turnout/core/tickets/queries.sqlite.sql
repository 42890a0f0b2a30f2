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

-- name: list_registrations_of(org_id, ids) -> (id: RegistrationId)
-- Those of the numbers, in JSON, that are registrations.
SELECT id FROM registrations WHERE org_id = :org_id
    AND id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: add_guest_links(org_id, rows, now)!
-- `rows` is JSON: [[digest, registration_id], …].
INSERT INTO guest_links (org_id, digest, registration_id, made_at)
SELECT :org_id, r.value ->> 0, r.value ->> 1, :now FROM json_each(:rows) r;
