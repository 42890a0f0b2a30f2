-- name: find_ticket(org_id, code)^
--     -> (id: TicketId, registration_id: RegistrationId, event_id: EventId, is_valid: int,
--         timezone: str) | None
-- A ticket of an event that is cancelled is not valid.
SELECT t.id, t.registration_id, r.event_id,
    CASE WHEN t.state = 'valid' AND r.state = 'confirmed' AND e.state <> 'cancelled'
        THEN 1 ELSE 0 END AS is_valid,
    e.timezone
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE t.org_id = :org_id AND t.code = :code;

-- name: lock_payment(org_id, ticket_id)^
--     -> (state: str, amount_minor: int, currency: str, reference: str, due_at: int,
--         lapsed_at: int | None) | None
-- Held until this transaction ends.
UPDATE payments SET updated_at = updated_at WHERE org_id = :org_id AND ticket_id = :ticket_id
RETURNING state, amount_minor, currency, reference, due_at, lapsed_at;

-- name: settle(org_id, ticket_id, state, now)!
UPDATE payments SET state = :state, settled_at = :now, updated_at = :now
WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: set_due(org_id, ticket_id, due_at: int, now)!
UPDATE payments SET due_at = :due_at, updated_at = :now
WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: lapse(org_id, ticket_id, now)!
UPDATE payments SET lapsed_at = :now, updated_at = :now
WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: list_of_registration(org_id, registration_id)
--     -> (code: str, state: str, amount_minor: int, currency: str, reference: str, due_at: int)
-- An open one ends with its registration or the event.
SELECT t.code, CASE WHEN p.state = 'open' AND (r.state <> 'confirmed' OR e.state = 'cancelled')
    THEN 'cancelled' ELSE p.state END AS state,
    p.amount_minor, p.currency, p.reference, p.due_at
FROM tickets t
JOIN payments p ON p.org_id = t.org_id AND p.ticket_id = t.id
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE t.org_id = :org_id AND t.registration_id = :registration_id
    AND (t.state = 'valid' OR p.state IN ('paid', 'refunded'))
ORDER BY t.id;

-- name: list_payments(org_id, event_id, state, limit) -> settling.Payment
-- `state` empty = any; an open one ends with its ticket, its registration or the event. One lapsed
-- if that is what cancelled its ticket. The first due first.
SELECT x.code, x.state, x.amount_minor, x.currency, x.reference, x.due_at, x.lapsed_at, x.email,
    x.first_name, x.last_name
FROM (
    SELECT t.code, CASE WHEN p.state = 'open' AND (
            t.state <> 'valid' OR r.state <> 'confirmed' OR e.state = 'cancelled')
        THEN 'cancelled' ELSE p.state END AS state,
        p.amount_minor, p.currency, p.reference, p.due_at,
        CASE WHEN t.state <> 'valid' AND p.lapsed_at <= t.updated_at THEN p.lapsed_at END
            AS lapsed_at,
        q.email, q.first_name, q.last_name, t.id
    FROM registrations r
    JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
    JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
    JOIN payments p ON p.org_id = t.org_id AND p.ticket_id = t.id
    JOIN people q ON q.org_id = r.org_id AND q.id = r.person_id
    WHERE r.org_id = :org_id AND r.event_id = :event_id) x
WHERE :state = '' OR x.state = :state
ORDER BY x.due_at, x.id LIMIT :limit;

-- name: find_by_reference(org_id, reference)^
--     -> (code: str, state: str, amount_minor: int, currency: str, is_valid: int) | None
SELECT t.code, p.state, p.amount_minor, p.currency,
    CASE WHEN t.state = 'valid' AND r.state = 'confirmed' AND e.state <> 'cancelled'
        THEN 1 ELSE 0 END AS is_valid
FROM payments p
JOIN tickets t ON t.org_id = p.org_id AND t.id = p.ticket_id
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE p.org_id = :org_id AND p.reference = :reference;

-- name: list_overdue(now, limit) -> (org_id: OrgId, ticket_id: TicketId)
-- crosses organizations: the sweep serves all of them.
SELECT org_id, ticket_id FROM payments
WHERE state = 'open' AND lapsed_at IS NULL AND due_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = payments.org_id AND c.queue = 'payment'
        AND c.id = payments.ticket_id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY due_at, org_id, ticket_id LIMIT :limit;

-- name: find_holder(org_id, ticket_id)^
--     -> (registration_id: RegistrationId, event_state: str) | None
SELECT t.registration_id, e.state AS event_state
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE t.org_id = :org_id AND t.id = :ticket_id;

-- name: find_refuses_unpaid(org_id, id: EventId)$ -> int | None
SELECT refuses_unpaid FROM events WHERE org_id = :org_id AND id = :id;

-- name: set_refuses_unpaid(org_id, id: EventId, is_refused: int, now)!
UPDATE events SET refuses_unpaid = :is_refused, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: find_reference(org_id, code)$ -> str | None
-- That of the payment of a ticket, which one that was passed on or restored has from the former.
SELECT p.reference FROM tickets t
JOIN payments p ON p.org_id = t.org_id AND p.ticket_id = t.id
WHERE t.org_id = :org_id AND t.code = :code;

-- name: list_settled(org_id, registration_id) -> payers.SettledPayment
-- What was paid for the tickets that a registration has or had, and perhaps given back.
SELECT t.registration_id, t.created_at, t.code, p.state, p.amount_minor, p.currency, p.reference,
    p.due_at, p.settled_at
FROM tickets t JOIN payments p ON p.org_id = t.org_id AND p.ticket_id = t.id
WHERE t.org_id = :org_id AND t.registration_id = :registration_id
    AND p.state IN ('paid', 'refunded') AND p.settled_at IS NOT NULL
ORDER BY p.created_at, t.id;

-- name: find_giver(org_id, holder: RegistrationId, facts, until: int)^
--     -> (registration_id: RegistrationId, at: int) | None
-- Who passed a ticket on to that holder, whom `facts` name as JSON, at `until` or before.
SELECT a.noun_id AS registration_id, a.at FROM registrations r
JOIN audit_entries a ON a.org_id = r.org_id AND a.noun = 'registration' AND a.noun_id = r.id
WHERE r.org_id = :org_id AND a.action = 'transferred'
    AND r.event_id = (SELECT event_id FROM registrations WHERE org_id = :org_id AND id = :holder)
    AND a.facts = :facts AND a.at <= :until
ORDER BY a.at DESC, a.id DESC LIMIT 1;

-- name: find_former_code(org_id, registration_id, at: int)$ -> str | None
-- The code of the ticket that was passed on at that instant; else of the newest that is cancelled.
SELECT code FROM tickets
WHERE org_id = :org_id AND registration_id = :registration_id AND state = 'cancelled'
ORDER BY CASE WHEN updated_at = :at THEN 0 ELSE 1 END, created_at DESC, id DESC LIMIT 1;
