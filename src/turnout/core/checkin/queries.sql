-- name: list_attendees(org_id, event_id, after, until, which, since, ticket_type_id, has_cancelled)
--     -> (RegistrationId, str, str, str, str, str, str, str, TicketTypeId, int | None, int, int)
-- Anyone who is registered, with a row for each valid ticket, by rising number; `has_cancelled` 1 =
-- with every ticket, none of them valid once the event is cancelled, so that a change of the event
-- is one of theirs. Who changed is shown whole, since a device replaces them. `which` is empty,
-- `checked` or `unchecked`; `since` and `ticket_type_id` 0 = any.
SELECT r.id, p.first_name, p.last_name, p.company, p.job_title, p.email, p.phone,
    t.code, t.ticket_type_id, t.checked_in_at, t.created_at,
    CASE WHEN t.state = 'valid' AND r.state = 'confirmed' AND e.state <> 'cancelled'
        THEN 1 ELSE 0 END
FROM registrations r
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.id > :after AND r.id <= :until
    AND (:has_cancelled = 1 OR (r.state = 'confirmed' AND t.state = 'valid'))
    AND (:which = '' OR (:which = 'checked') = (t.checked_in_at IS NOT NULL))
    AND (:since = 0 OR r.updated_at >= :since OR p.updated_at >= :since
        OR (:has_cancelled = 1 AND e.updated_at >= :since)
        OR EXISTS (
            SELECT 1 FROM tickets c WHERE c.org_id = r.org_id AND c.registration_id = r.id
                AND c.updated_at >= :since))
    AND (:ticket_type_id = 0 OR t.ticket_type_id = :ticket_type_id)
ORDER BY r.id, t.created_at, t.id;

-- part: departed
-- Those departures `d` of an event that a list of attendees tells of.
AND (:which = '' OR (:which = 'checked') = (d.checked_in_at IS NOT NULL))
AND (:since = 0 OR d.left_at >= :since)
AND (:ticket_type_id = 0 OR d.ticket_type_id = :ticket_type_id)
AND NOT EXISTS (
    SELECT 1 FROM registrations r
    JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
    WHERE r.org_id = d.org_id AND r.id = d.registration_id AND r.event_id = d.event_id
        AND (:ticket_type_id = 0 OR t.ticket_type_id = :ticket_type_id))

-- name: list_attendee_page(org_id, event_id, which, since, ticket_type_id, has_cancelled,
--     limit, skip)
--     -> (id: RegistrationId)
-- The numbers of the registrations on a page of that list, and of `list_departed`.
SELECT r.id
FROM registrations r
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id
    AND (:has_cancelled = 1 OR (r.state = 'confirmed' AND t.state = 'valid'))
    AND (:which = '' OR (:which = 'checked') = (t.checked_in_at IS NOT NULL))
    AND (:since = 0 OR r.updated_at >= :since OR p.updated_at >= :since
        OR (:has_cancelled = 1 AND e.updated_at >= :since)
        OR EXISTS (
            SELECT 1 FROM tickets c WHERE c.org_id = r.org_id AND c.registration_id = r.id
                AND c.updated_at >= :since))
    AND (:ticket_type_id = 0 OR t.ticket_type_id = :ticket_type_id)
UNION
SELECT d.registration_id FROM departures d
WHERE :has_cancelled = 1 AND d.org_id = :org_id AND d.event_id = :event_id
    -- use: departed
ORDER BY 1 LIMIT :limit OFFSET :skip;

-- name: list_departed(org_id, event_id, after, until, which, since, ticket_type_id)
--     -> (RegistrationId, str, str, str, str, str, str, str, TicketTypeId, int | None, int, int)
-- Those who were attendees and are no longer the event's, or none of that type any more, like
-- cancelled ones without a name; an empty code is no ticket. One that begins with `#` only says of
-- which type a ticket was.
SELECT d.registration_id, '', '', '', '', '', '',
    CASE WHEN substr(d.code, 1, 1) = '#' THEN '' ELSE d.code END, d.ticket_type_id, d.checked_in_at,
    d.created_at, 0
FROM departures d
WHERE d.org_id = :org_id AND d.event_id = :event_id
    AND d.registration_id > :after AND d.registration_id <= :until
    -- use: departed
ORDER BY d.registration_id, d.created_at, d.code;

-- name: find_departed(org_id, event_id, code)
--     -> (RegistrationId, str, str, str, str, str, str, str, TicketTypeId, int | None, int, int)
-- The ticket of somebody who is no longer the event's.
SELECT d.registration_id, '', '', '', '', '', '', d.code, d.ticket_type_id, d.checked_in_at,
    d.created_at, 0
FROM departures d
WHERE d.org_id = :org_id AND d.event_id = :event_id AND d.code = :code
    AND substr(d.code, 1, 1) NOT IN ('', '#')
ORDER BY d.left_at DESC LIMIT 1;

-- name: list_printed(org_id, event_id, after: TicketId, limit, which, ticket_type_id, session_id,
--     code)
--     -> (id: TicketId, first_name: str, last_name: str, company: str, job_title: str, code: str,
--         ticket_type_id: TicketTypeId, type_name: str, checked_in_at: int | None,
--         language: str)
-- Valid tickets with their holders, for papers, by rising number. `which` is empty, `checked` or
-- `unchecked`; `code` empty, `ticket_type_id` and `session_id` 0 = any.
SELECT t.id, p.first_name, p.last_name, p.company, p.job_title, t.code, t.ticket_type_id, y.name,
    t.checked_in_at, r.language
FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND t.id > :after
    AND r.state = 'confirmed' AND t.state = 'valid'
    AND (:which = '' OR (:which = 'checked') = (t.checked_in_at IS NOT NULL))
    AND (:ticket_type_id = 0 OR t.ticket_type_id = :ticket_type_id)
    AND (:code = '' OR t.code = :code)
    AND (:session_id = 0 OR EXISTS (
        SELECT 1 FROM session_bookings b
        WHERE b.org_id = r.org_id AND b.registration_id = r.id AND b.session_id = :session_id))
ORDER BY t.id LIMIT :limit;

-- name: find_attendee(org_id, event_id, code)
--     -> (id: RegistrationId, first_name: str, last_name: str, company: str, job_title: str,
--         email: str, phone: str, code: str, ticket_type_id: TicketTypeId,
--         checked_in_at: int | None, created_at: int, is_valid: int)
-- Whose ticket it is, with all tickets of the registration; none for a code of another event.
SELECT r.id, p.first_name, p.last_name, p.company, p.job_title, p.email, p.phone,
    t.code, t.ticket_type_id, t.checked_in_at, t.created_at,
    CASE WHEN t.state = 'valid' AND r.state = 'confirmed' THEN 1 ELSE 0 END
FROM tickets c
JOIN registrations r ON r.org_id = c.org_id AND r.id = c.registration_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
    AND (t.state = 'valid' OR t.id = c.id)
WHERE c.org_id = :org_id AND c.code = :code AND r.event_id = :event_id
ORDER BY t.created_at, t.id;

-- name: find_ticket_page(org_id, code)^
--     -> (event_id: EventId, code: str, ticket_type_id: TicketTypeId, name: str, is_cancelled: int,
--         checked_in_at: int | None, language: str) | None
SELECT r.event_id, t.code, t.ticket_type_id, y.name,
    CASE WHEN t.state = 'valid' AND r.state = 'confirmed' AND e.state <> 'cancelled'
        THEN 0 ELSE 1 END,
    t.checked_in_at, r.language
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE t.org_id = :org_id AND t.code = :code;

-- == checking ==

-- name: find_scanned(org_id, event_id, code)^ -> scans.ScannedTicket | None
SELECT t.id, t.code, t.registration_id, t.ticket_type_id, t.state, r.state AS registration_state,
    e.state AS event_state, t.checked_in_at,
    CASE WHEN r.sitting = 0 THEN '' ELSE r.uuid END AS sitting,
    CASE WHEN e.refuses_unpaid = 1 AND EXISTS (
        SELECT 1 FROM payments p
        WHERE p.org_id = t.org_id AND p.ticket_id = t.id AND p.state = 'open')
        THEN 1 ELSE 0 END AS is_refused
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE t.org_id = :org_id AND t.code = :code AND r.event_id = :event_id;

-- name: check_in(org_id, id: TicketId, registration_id, ticket_type_id, at: int, now)!
-- The first scan wins: the guard and the mark are one statement. A ticket that was given back,
-- passed on or changed since it was judged is left alone.
UPDATE tickets SET checked_in_at = :at, updated_at = :now
WHERE org_id = :org_id AND id = :id AND checked_in_at IS NULL AND state = 'valid'
    AND registration_id = :registration_id AND ticket_type_id = :ticket_type_id;

-- name: undo_check_in(org_id, id: TicketId, now)!
UPDATE tickets SET checked_in_at = NULL, updated_at = :now
WHERE org_id = :org_id AND id = :id AND checked_in_at IS NOT NULL;

-- name: list_booked(org_id, registration_id) -> gates.BookedSession
SELECT s.id, s.starts_at, s.ends_at
FROM session_bookings b
JOIN sessions s ON s.org_id = b.org_id AND s.id = b.session_id
WHERE b.org_id = :org_id AND b.registration_id = :registration_id ORDER BY s.starts_at, s.id;

-- name: add_scan(org_id, id: int, event_id, ticket_id: TicketId | None, code, result,
--     gate_id: GateId | None, device, nonce: str | None, at: int, now)!
-- 0 rows when the device has uploaded it before.
INSERT INTO scans (org_id, id, event_id, ticket_id, code, result, gate_id, device, nonce, at,
    recorded_at)
VALUES (:org_id, :id, :event_id, CAST(:ticket_id AS BIGINT), :code, :result,
    CAST(:gate_id AS BIGINT), :device, CAST(:nonce AS TEXT), :at, :now)
ON CONFLICT (org_id, event_id, device, nonce) DO NOTHING;

-- name: find_scan(org_id, event_id, device, nonce)^ -> (code: str, result: str, at: int) | None
SELECT code, result, at FROM scans
WHERE org_id = :org_id AND event_id = :event_id AND device = :device AND nonce = :nonce;

-- name: list_scans(org_id, event_id, limit) -> scans.KeptScan
-- Newest first.
SELECT id, ticket_id, code, result, gate_id, device, at, recorded_at FROM scans
WHERE org_id = :org_id AND event_id = :event_id ORDER BY recorded_at DESC, id DESC LIMIT :limit;

-- name: add_gate(org_id, id: GateId, event_id, name, ticket_type_ids, session_ids, has_exit: int,
--     day, now)!
INSERT INTO gates (org_id, id, event_id, name, ticket_type_ids, session_ids, has_exit, day,
    created_at)
VALUES (:org_id, :id, :event_id, :name, :ticket_type_ids, :session_ids, :has_exit, :day, :now);

-- name: get_gate(org_id, event_id, id: GateId)^ -> gates.Gate | None
SELECT id, name, ticket_type_ids, session_ids, has_exit, day FROM gates
WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: list_gates(org_id, event_id) -> gates.Gate
SELECT id, name, ticket_type_ids, session_ids, has_exit, day FROM gates
WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- == inviting ==
