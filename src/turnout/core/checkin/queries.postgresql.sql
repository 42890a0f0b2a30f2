-- name: list_admissible(rows)
--     -> (place: int, ticket_id: TicketId, code: str, registration_id: RegistrationId,
--         first_name: str, last_name: str, company: str, job_title: str, email: str, phone: str,
--         own_code: str, ticket_type_id: TicketTypeId, checked_in_at: int | None,
--         created_at: int)
-- crosses organizations: the scans of one moment; every row names its own.
-- `rows` is JSON: [[place, org_id, event_id, code, device, nonce], …]. Tickets that are good, not
-- checked in and not scanned with that nonce before, each with all good ones of its registration.
-- Each is looked up by its keys, also where the planner has no statistics yet.
WITH r AS MATERIALIZED (
    SELECT CAST(value ->> 0 AS BIGINT) AS place, CAST(value ->> 1 AS BIGINT) AS org_id,
        CAST(value ->> 2 AS BIGINT) AS event_id, value ->> 3 AS code, value ->> 4 AS device,
        value ->> 5 AS nonce
    FROM json_array_elements(CAST(:rows AS json)) v (value))
SELECT r.place AS place, t.id AS ticket_id, t.code, g.id AS registration_id, h.first_name,
    h.last_name, h.company, h.job_title, h.email, h.phone, o.code AS own_code, o.ticket_type_id,
    o.checked_in_at, o.created_at
FROM r CROSS JOIN LATERAL (
    SELECT * FROM tickets WHERE org_id = r.org_id AND code = r.code AND state = 'valid'
        AND checked_in_at IS NULL OFFSET 0) t
CROSS JOIN LATERAL (
    SELECT * FROM registrations WHERE org_id = t.org_id AND id = t.registration_id
        AND event_id = r.event_id AND state = 'confirmed' AND sitting = 0 OFFSET 0) g
CROSS JOIN LATERAL (
    SELECT * FROM events WHERE org_id = g.org_id AND id = g.event_id AND state <> 'cancelled'
    OFFSET 0) e
CROSS JOIN LATERAL (
    SELECT * FROM people WHERE org_id = g.org_id AND id = g.person_id OFFSET 0) h
CROSS JOIN LATERAL (
    SELECT * FROM tickets WHERE org_id = g.org_id AND registration_id = g.id AND state = 'valid'
    OFFSET 0) o
WHERE NOT (e.refuses_unpaid = 1 AND EXISTS (
        SELECT 1 FROM payments p
        WHERE p.org_id = t.org_id AND p.ticket_id = t.id AND p.state = 'open' OFFSET 0))
    AND NOT EXISTS (
        SELECT 1 FROM scans s WHERE s.org_id = r.org_id AND s.event_id = r.event_id
            AND s.device = r.device AND s.nonce = r.nonce OFFSET 0)
ORDER BY r.place, o.created_at, o.id;

-- name: check_all_in(rows, now)!
-- crosses organizations: the scans of one moment; every row names its own.
-- `rows` is JSON: [[org_id, ticket_id, at], …]. The first scan wins. Tickets are locked in the
-- order of the rows.
WITH r AS MATERIALIZED (
    SELECT CAST(value ->> 0 AS BIGINT) AS org_id, CAST(value ->> 1 AS BIGINT) AS id,
        CAST(value ->> 2 AS BIGINT) AS at
    FROM json_array_elements(CAST(:rows AS json)) v (value)),
locked AS MATERIALIZED (
    SELECT r.org_id, r.id, r.at FROM r CROSS JOIN LATERAL (
        SELECT 1 FROM tickets t
        WHERE t.org_id = r.org_id AND t.id = r.id FOR NO KEY UPDATE) t)
UPDATE tickets SET checked_in_at = locked.at, updated_at = :now
FROM locked WHERE tickets.org_id = locked.org_id AND tickets.id = locked.id
    AND tickets.checked_in_at IS NULL AND tickets.state = 'valid';

-- name: add_admitted(rows, now)!
-- crosses organizations: the scans of one moment; every row names its own.
-- `rows` is JSON: [[org_id, id, event_id, ticket_id, code, device, nonce, at], …]. Leaves out those
-- that a device has uploaded before.
INSERT INTO scans (org_id, id, event_id, ticket_id, code, result, device, nonce, at, recorded_at)
SELECT CAST(r.value ->> 0 AS BIGINT), CAST(r.value ->> 1 AS BIGINT),
    CAST(r.value ->> 2 AS BIGINT), CAST(r.value ->> 3 AS BIGINT), r.value ->> 4, 'admitted',
    r.value ->> 5, r.value ->> 6, CAST(r.value ->> 7 AS BIGINT), CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value)
ON CONFLICT (org_id, event_id, device, nonce) DO NOTHING;
