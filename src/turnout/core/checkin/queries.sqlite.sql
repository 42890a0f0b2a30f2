-- name: list_admissible(rows)
--     -> (place: int, ticket_id: TicketId, code: str, registration_id: RegistrationId,
--         first_name: str, last_name: str, company: str, job_title: str, email: str, phone: str,
--         own_code: str, ticket_type_id: TicketTypeId, checked_in_at: int | None,
--         created_at: int)
-- crosses organizations: the scans of one moment; every row names its own.
-- `rows` is JSON: [[place, org_id, event_id, code, device, nonce], …]. Tickets that are good, not
-- checked in and not scanned with that nonce before, each with all good ones of its registration.
SELECT r.value ->> 0 AS place, t.id AS ticket_id, t.code, g.id AS registration_id, h.first_name,
    h.last_name, h.company, h.job_title, h.email, h.phone, o.code AS own_code, o.ticket_type_id,
    o.checked_in_at, o.created_at
FROM json_each(:rows) r
CROSS JOIN tickets t ON t.org_id = r.value ->> 1 AND t.code = r.value ->> 3
CROSS JOIN registrations g ON g.org_id = t.org_id AND g.id = t.registration_id
CROSS JOIN events e ON e.org_id = g.org_id AND e.id = g.event_id
CROSS JOIN people h ON h.org_id = g.org_id AND h.id = g.person_id
CROSS JOIN tickets o ON o.org_id = g.org_id AND o.registration_id = g.id AND o.state = 'valid'
WHERE t.state = 'valid' AND t.checked_in_at IS NULL AND g.event_id = r.value ->> 2
    AND g.state = 'confirmed' AND g.sitting = 0 AND e.state <> 'cancelled'
    AND NOT (e.refuses_unpaid = 1 AND EXISTS (
        SELECT 1 FROM payments p
        WHERE p.org_id = t.org_id AND p.ticket_id = t.id AND p.state = 'open'))
    AND NOT EXISTS (
        SELECT 1 FROM scans s WHERE s.org_id = g.org_id AND s.event_id = g.event_id
            AND s.device = r.value ->> 4 AND s.nonce = r.value ->> 5)
ORDER BY 1, o.created_at, o.id;

-- name: check_all_in(rows, now)!
-- crosses organizations: the scans of one moment; every row names its own.
-- `rows` is JSON: [[org_id, ticket_id, at], …]. The first scan wins.
UPDATE tickets SET checked_in_at = r.value ->> 2, updated_at = :now
FROM json_each(:rows) r
WHERE tickets.org_id = r.value ->> 0 AND tickets.id = r.value ->> 1
    AND tickets.checked_in_at IS NULL AND tickets.state = 'valid';

-- name: add_admitted(rows, now)!
-- crosses organizations: the scans of one moment; every row names its own.
-- `rows` is JSON: [[org_id, id, event_id, ticket_id, code, device, nonce, at], …]. Leaves out those
-- that a device has uploaded before.
INSERT INTO scans (org_id, id, event_id, ticket_id, code, result, device, nonce, at, recorded_at)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, 'admitted',
    r.value ->> 5, r.value ->> 6, r.value ->> 7, :now
FROM json_each(:rows) r
WHERE true
ON CONFLICT (org_id, event_id, device, nonce) DO NOTHING;
