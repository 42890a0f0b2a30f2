-- name: add_tickets(rows, granted_by, now)!
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, id, code, registration_id, ticket_type_id], …], each the first of its
-- registration. Leaves out those whose code is taken.
INSERT INTO tickets (org_id, id, code, registration_id, ticket_type_id, state, granted_by,
    created_at, updated_at)
SELECT CAST(r.value ->> 0 AS BIGINT), CAST(r.value ->> 1 AS BIGINT), r.value ->> 2,
    CAST(r.value ->> 3 AS BIGINT), CAST(r.value ->> 4 AS BIGINT), 'valid', :granted_by,
    CAST(:now AS BIGINT), CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value)
ON CONFLICT (org_id, code) DO NOTHING;

-- name: list_registrations_of(org_id, ids) -> (id: RegistrationId)
-- Those of the numbers, in JSON, that are registrations.
SELECT id FROM registrations WHERE org_id = :org_id
    AND id IN (SELECT CAST(n.value AS BIGINT)
        FROM json_array_elements_text(CAST(:ids AS json)) n (value)) ORDER BY id;

-- name: add_guest_links(org_id, rows, now)!
-- `rows` is JSON: [[digest, registration_id], …].
INSERT INTO guest_links (org_id, digest, registration_id, made_at)
SELECT CAST(:org_id AS BIGINT), r.value ->> 0, CAST(r.value ->> 1 AS BIGINT), CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value);
