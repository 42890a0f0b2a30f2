-- name: add_ticket(org_id, id: TicketId, code, registration_id, ticket_type_id, granted_by,
--     grant_id: int | None, now)$ -> int | None
-- None when the code is taken, else when it counts as made: after every other ticket of the
-- registration, also where the clock of another node is ahead.
INSERT INTO tickets
    (org_id, id, code, registration_id, ticket_type_id, state, granted_by, grant_id, created_at,
     updated_at)
VALUES (:org_id, :id, :code, :registration_id, :ticket_type_id, 'valid', :granted_by,
    CAST(:grant_id AS BIGINT), coalesce((
        SELECT max(t.created_at) + 1 FROM tickets t WHERE t.org_id = :org_id
            AND t.registration_id = :registration_id AND t.created_at >= :now), :now), :now)
ON CONFLICT (org_id, code) DO NOTHING RETURNING created_at;

-- name: list_tickets(org_id, registration_id) -> issuing.Ticket
SELECT id, code, ticket_type_id, state, granted_by, grant_id, created_at FROM tickets
WHERE org_id = :org_id AND registration_id = :registration_id ORDER BY created_at, id;

-- name: list_tickets_of_person(org_id, event_id: EventId, person_id: PersonId) -> issuing.Ticket
SELECT t.id, t.code, t.ticket_type_id, t.state, t.granted_by, t.grant_id, t.created_at
FROM registrations r
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.person_id = :person_id
    AND r.sitting = 0
ORDER BY t.created_at, t.id;

-- name: claim_ticket(org_id, registration_id, ticket_type_id: TicketTypeId | None, granted_by,
--     grant_id: int | None)!
-- The newest valid ticket, of the type or of any, where nothing but invitations gave such ones.
UPDATE tickets SET granted_by = :granted_by, grant_id = CAST(:grant_id AS BIGINT),
    issued_by = granted_by
WHERE org_id = :org_id AND granted_by = 'invitation' AND id = (
    SELECT max(t.id) FROM tickets t
    WHERE t.org_id = :org_id AND t.registration_id = :registration_id AND t.state = 'valid'
        AND t.ticket_type_id = coalesce(CAST(:ticket_type_id AS BIGINT), t.ticket_type_id)
    HAVING min(CASE t.granted_by WHEN 'invitation' THEN 1 ELSE 0 END) = 1);

-- name: regrant_ticket(org_id, id: TicketId, grant_id: int)!
UPDATE tickets SET grant_id = :grant_id WHERE org_id = :org_id AND id = :id;

-- name: cancel_tickets(org_id, registration_id, now)!
UPDATE tickets SET state = 'cancelled', updated_at = :now
WHERE org_id = :org_id AND registration_id = :registration_id AND state = 'valid';

-- name: cancel_ticket(org_id, id: TicketId, now)!
UPDATE tickets SET state = 'cancelled', updated_at = :now
WHERE org_id = :org_id AND id = :id AND state = 'valid';

-- name: take_check_in_along(org_id, from_id: TicketId, to_id: TicketId, now)!
-- 0 rows where nobody came in with the former ticket.
UPDATE tickets SET checked_in_at = (
        SELECT f.checked_in_at FROM tickets f WHERE f.org_id = :org_id AND f.id = :from_id),
    updated_at = :now
WHERE org_id = :org_id AND id = :to_id AND EXISTS (
    SELECT 1 FROM tickets f
    WHERE f.org_id = :org_id AND f.id = :from_id AND f.checked_in_at IS NOT NULL);

-- name: list_ticket_keys(org_id) -> signing.TicketKey
-- The one that signs first.
SELECT kid, private_key, public_key, created_at, retired_at, revoked_at FROM ticket_keys
WHERE org_id = :org_id ORDER BY CASE WHEN retired_at IS NULL THEN 0 ELSE 1 END, created_at DESC;

-- name: add_ticket_key(org_id, kid, private_key, public_key, now)!
INSERT INTO ticket_keys (org_id, kid, private_key, public_key, created_at)
VALUES (:org_id, :kid, :private_key, :public_key, :now) ON CONFLICT (org_id, kid) DO NOTHING;

-- name: retire_ticket_keys(org_id, kid, now)!
-- All but the one named.
UPDATE ticket_keys SET retired_at = coalesce(retired_at, :now), private_key = ''
WHERE org_id = :org_id AND kid <> :kid;

-- name: revoke_ticket_key(org_id, kid, now)!
UPDATE ticket_keys SET revoked_at = :now
WHERE org_id = :org_id AND kid = :kid AND revoked_at IS NULL;

-- name: revoke_ticket_keys(org_id, kid, now)!
-- All but the one named.
UPDATE ticket_keys SET revoked_at = coalesce(revoked_at, :now)
WHERE org_id = :org_id AND kid <> :kid;

-- name: set_ticket_type(org_id, id: TicketId, ticket_type_id, now)!
UPDATE tickets SET ticket_type_id = :ticket_type_id, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: list_due_ticket_mails(now, limit)
--     -> (org_id: OrgId, ticket_id: TicketId, user_id: UserId | None, attempts: int,
--         event_id: EventId, code: str, ticket_type_id: TicketTypeId, email: str, first_name: str,
--         last_name: str, language: str, is_for_contact: int, registration_id: RegistrationId)
-- crosses organizations: the worker serves all of them.
-- A party's mails go to its contact, unless that person has no address any more. An event's
-- tickets may leave out who has them.
SELECT m.org_id, m.ticket_id, m.user_id, m.attempts, r.event_id, t.code, t.ticket_type_id,
    coalesce(nullif(c.email, ''), p.email) AS email,
    CASE e.has_nameless_tickets WHEN 0 THEN p.first_name ELSE '' END,
    CASE e.has_nameless_tickets WHEN 0 THEN p.last_name ELSE '' END,
    r.language, CASE WHEN c.id IS NULL OR c.id = p.id THEN 0 ELSE 1 END AS is_for_contact,
    r.id AS registration_id
FROM ticket_mails m
JOIN tickets t ON t.org_id = m.org_id AND t.id = m.ticket_id
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
LEFT JOIN parties g ON g.org_id = r.org_id AND g.id = r.party_id
LEFT JOIN people c ON c.org_id = g.org_id AND c.id = g.contact_id
WHERE m.due_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = m.org_id AND c.queue = 'ticket mail'
        AND c.id = m.ticket_id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY m.due_at, m.org_id, m.ticket_id LIMIT :limit;

-- name: set_nameless(org_id, event_id, is_nameless: int, now)$ -> int | None
UPDATE events SET has_nameless_tickets = :is_nameless, updated_at = :now
WHERE org_id = :org_id AND id = :event_id
RETURNING 1;

-- name: is_nameless(org_id, event_id)$ -> int | None
SELECT has_nameless_tickets FROM events WHERE org_id = :org_id AND id = :event_id;

-- name: is_ticket_valid(org_id, id: TicketId)$ -> int | None
SELECT CASE WHEN state = 'valid' THEN 1 ELSE 0 END FROM tickets WHERE org_id = :org_id AND id = :id;

-- name: delete_ticket_mail(org_id, ticket_id)!
DELETE FROM ticket_mails WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: postpone_ticket_mail(org_id, ticket_id, due_at)!
UPDATE ticket_mails SET due_at = :due_at, attempts = attempts + 1
WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: count_addressed(org_id, event_id)$ -> int
-- Who is registered and has an address.
SELECT count(*) FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed' AND p.email <> '';

-- name: list_languages(org_id, event_id) -> (language: str)
-- In which languages people registered, '' = in none.
SELECT DISTINCT language FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND state = 'confirmed' ORDER BY language;

-- name: list_party_contacts(org_id, event_id) -> (email: str)
-- Contacts of guests without an address, unless they are registered themselves.
SELECT DISTINCT c.email FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN parties g ON g.org_id = r.org_id AND g.id = r.party_id
JOIN people c ON c.org_id = g.org_id AND c.id = g.contact_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed' AND p.email = ''
    AND NOT EXISTS (
        SELECT 1 FROM registrations o WHERE o.org_id = r.org_id AND o.event_id = r.event_id
            AND o.person_id = c.id AND o.state = 'confirmed')
ORDER BY c.email;

-- name: add_payment(org_id, ticket_id, state, amount_minor: int, currency, reference, due_at,
--     now)!
-- 0 rows when the ticket or the reference has one already.
INSERT INTO payments (org_id, ticket_id, state, amount_minor, currency, reference, due_at,
    created_at, updated_at)
VALUES (:org_id, :ticket_id, :state, :amount_minor, :currency, :reference, :due_at, :now, :now)
ON CONFLICT DO NOTHING;

-- name: find_open_price(org_id, code)^ -> prices.Price | None
SELECT p.amount_minor, p.currency, p.reference, p.due_at
FROM tickets t
JOIN payments p ON p.org_id = t.org_id AND p.ticket_id = t.id
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE t.org_id = :org_id AND t.code = :code AND t.state = 'valid' AND p.state = 'open'
    AND r.state = 'confirmed' AND e.state <> 'cancelled';

-- == personal links ==

-- name: find_guest_link(org_id, digest)$ -> RegistrationId | None
SELECT registration_id FROM guest_links WHERE org_id = :org_id AND digest = :digest;

-- name: delete_guest_links(org_id, registration_id)!
DELETE FROM guest_links WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: list_payments_of(org_id, registration_id) -> prices.Payment
-- An open one ends with its ticket, its registration or the event.
SELECT t.code, CASE WHEN p.state = 'open' AND (
        t.state <> 'valid' OR r.state <> 'confirmed' OR e.state = 'cancelled')
    THEN 'cancelled' ELSE p.state END AS state,
    p.amount_minor, p.currency, p.reference, p.due_at, p.settled_at
FROM tickets t
JOIN payments p ON p.org_id = t.org_id AND p.ticket_id = t.id
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE t.org_id = :org_id AND t.registration_id = :registration_id ORDER BY p.created_at, t.id;
