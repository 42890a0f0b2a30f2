-- name: find_registration(org_id, event_id, person_id)^ -> Registration | None
-- Locks the row on PostgreSQL, like lock_registration.
SELECT id, uuid, event_id, person_id, ticket_type_id, state, source, answers AS submitted,
    created_at, updated_at, sitting, party_id
FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id AND sitting = 0;

-- name: lock_registration(org_id, id: RegistrationId)^ -> Registration | None
-- Locks the row on PostgreSQL (see the override): state changes of one registration queue up.
SELECT id, uuid, event_id, person_id, ticket_type_id, state, source, answers AS submitted,
    created_at, updated_at, sitting, party_id
FROM registrations WHERE org_id = :org_id AND id = :id;

-- name: get_registration(org_id, id: RegistrationId)^ -> Registration | None
SELECT id, uuid, event_id, person_id, ticket_type_id, state, source, answers AS submitted,
    created_at, updated_at, sitting, party_id
FROM registrations WHERE org_id = :org_id AND id = :id;

-- name: set_language(org_id, id: RegistrationId, language, now)!
UPDATE registrations SET language = :language, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: list_tickets_ahead(org_id, email_key, now) -> (id: TicketId, email: str)
-- The valid tickets of an address for events that are not over, candidates' left out.
SELECT t.id, p.email FROM people p
JOIN registrations r ON r.org_id = p.org_id AND r.person_id = p.id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
WHERE p.org_id = :org_id AND p.email_key = :email_key AND r.state = 'confirmed' AND r.sitting = 0
    AND t.state = 'valid' AND e.ends_at > :now AND e.state IN ('open', 'closed')
ORDER BY e.starts_at, t.id LIMIT 10;

-- name: hold_tickets(org_id, registration_id) -> (id: TicketId)
-- Locks the rows on PostgreSQL (see the override): a scan waits, or was first and is seen.
SELECT id FROM tickets WHERE org_id = :org_id AND registration_id = :registration_id ORDER BY id;

-- name: add_registration(org_id, id: RegistrationId, uuid, event_id, person_id, sitting: int,
--     ticket_type_id, source, answers, party_id: PartyId | None, language, now)!
-- 0 rows when the person is registered for the event already.
INSERT INTO registrations
    (org_id, id, uuid, event_id, person_id, sitting, ticket_type_id, state, source, answers,
     party_id, language, created_at, updated_at, name_key)
VALUES
    (:org_id, :id, :uuid, :event_id, :person_id, :sitting, :ticket_type_id, 'confirmed', :source,
     :answers, CAST(:party_id AS BIGINT), :language, :now, :now, coalesce((
        SELECT lower(p.last_name || ' ' || p.first_name || ' ' || p.email) FROM people p
        WHERE p.org_id = :org_id AND p.id = :person_id), ''))
ON CONFLICT (org_id, person_id, event_id, sitting) DO NOTHING;

-- name: set_answers(org_id, id: RegistrationId, answers, now)!
UPDATE registrations SET answers = :answers, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_registered_at(org_id, id: RegistrationId, at: int)!
UPDATE registrations SET created_at = :at WHERE org_id = :org_id AND id = :id;

-- name: follow_type(org_id, ticket_id: TicketId, from_type: TicketTypeId, to_type: TicketTypeId)!
-- A registration that was made with the type that its ticket had is one of the new type.
UPDATE registrations SET ticket_type_id = :to_type
WHERE org_id = :org_id AND ticket_type_id = :from_type AND id = (
    SELECT t.registration_id FROM tickets t WHERE t.org_id = :org_id AND t.id = :ticket_id);

-- name: cancel(org_id, id: RegistrationId, now)!
UPDATE registrations SET state = 'cancelled', updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: revive(org_id, id: RegistrationId, ticket_type_id, party_id: PartyId | None, language,
--     now)!
UPDATE registrations SET state = 'confirmed', ticket_type_id = :ticket_type_id,
    party_id = CAST(:party_id AS BIGINT), updated_at = :now,
    language = CASE WHEN :language = '' THEN language ELSE :language END
WHERE org_id = :org_id AND id = :id;

-- name: move_registration(org_id, id: RegistrationId, event_id, ticket_type_id, now)!
UPDATE registrations
SET event_id = :event_id, ticket_type_id = :ticket_type_id, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: note_departure(org_id, registration_id, now)!
-- Every ticket of a registration that its event is about to lose.
INSERT INTO departures (org_id, event_id, registration_id, code, ticket_type_id, checked_in_at,
    created_at, left_at)
SELECT r.org_id, r.event_id, r.id, t.code, t.ticket_type_id, t.checked_in_at, t.created_at, :now
FROM registrations r
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
WHERE r.org_id = :org_id AND r.id = :registration_id
ON CONFLICT (org_id, event_id, registration_id, code)
    DO UPDATE SET left_at = excluded.left_at, checked_in_at = excluded.checked_in_at,
        ticket_type_id = excluded.ticket_type_id;

-- name: note_emptied(org_id, registration_id, now)!
-- A registration whose tickets are all another's now.
INSERT INTO departures (org_id, event_id, registration_id, code, ticket_type_id, created_at,
    left_at)
SELECT r.org_id, r.event_id, r.id, '', r.ticket_type_id, r.created_at, :now
FROM registrations r
WHERE r.org_id = :org_id AND r.id = :registration_id AND NOT EXISTS (
    SELECT 1 FROM tickets t WHERE t.org_id = r.org_id AND t.registration_id = r.id)
ON CONFLICT (org_id, event_id, registration_id, code)
    DO UPDATE SET left_at = excluded.left_at, ticket_type_id = excluded.ticket_type_id;

-- name: note_type_left(org_id, registration_id, ticket_type_id, now)!
-- A registration of which a ticket was of that type until now: a row for each such type, with `#`
-- and the type where a code would stand.
INSERT INTO departures (org_id, event_id, registration_id, code, ticket_type_id, created_at,
    left_at)
SELECT r.org_id, r.event_id, r.id, '#' || CAST(CAST(:ticket_type_id AS BIGINT) AS TEXT),
    CAST(:ticket_type_id AS BIGINT), r.created_at, :now
FROM registrations r
WHERE r.org_id = :org_id AND r.id = :registration_id
ON CONFLICT (org_id, event_id, registration_id, code)
    DO UPDATE SET left_at = excluded.left_at;

-- name: list_session_bookers(org_id, session_id) -> (email: str, language: str)
-- The addresses of those who booked it and are registered, with the language that each registered
-- in; those of guests are their party's.
SELECT coalesce(c.email, p.email) AS email, max(r.language) AS language FROM session_bookings b
JOIN registrations r ON r.org_id = b.org_id AND r.id = b.registration_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
LEFT JOIN parties g ON p.email = '' AND g.org_id = r.org_id AND g.id = r.party_id
LEFT JOIN people c ON c.org_id = g.org_id AND c.id = g.contact_id
WHERE b.org_id = :org_id AND b.session_id = :session_id AND r.state = 'confirmed'
    AND coalesce(c.email, p.email) <> '' GROUP BY coalesce(c.email, p.email) ORDER BY email;

-- name: find_language(org_id, event_id, person_id)$ -> str | None
-- In which language somebody registered, or joined the waiting list.
SELECT max(language) FROM (
    SELECT language FROM registrations
    WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id
    UNION ALL
    SELECT language FROM waiting_entries
    WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id) AS known;

-- name: find_last_language(org_id, person_id)$ -> str | None
-- In which language somebody registered last, for any event.
SELECT language FROM registrations
WHERE org_id = :org_id AND person_id = :person_id AND language <> ''
ORDER BY updated_at DESC, id DESC LIMIT 1;

-- name: set_reminder(org_id, id: EventId, remind_at: int | None)!
UPDATE events SET remind_at = CAST(:remind_at AS BIGINT) WHERE org_id = :org_id AND id = :id;

-- name: find_reminder(org_id, id: EventId)$ -> int | None
SELECT remind_at FROM events WHERE org_id = :org_id AND id = :id;

-- name: list_due_reminders(now, limit) -> (org_id: OrgId, id: EventId)
-- crosses organizations: the worker serves all of them.
SELECT e.org_id, e.id FROM events e WHERE e.remind_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = e.org_id AND c.queue = 'reminder'
        AND c.id = e.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY e.remind_at, e.org_id, e.id LIMIT :limit;

-- name: count_unreminded(org_id, event_id)$ -> int
SELECT count(*) FROM registrations r JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
    AND r.created_at <= e.remind_at AND coalesce(r.reminded_of, -1) <> e.starts_at;

-- name: take_unreminded(org_id, event_id, limit) -> (id: RegistrationId)
-- Marked as reminded of the event's start.
UPDATE registrations SET reminded_of = (SELECT e.starts_at FROM events e
    WHERE e.org_id = registrations.org_id AND e.id = registrations.event_id)
WHERE org_id = :org_id AND id IN (
    SELECT r.id FROM registrations r JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
    WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
        AND r.created_at <= e.remind_at AND coalesce(r.reminded_of, -1) <> e.starts_at
    ORDER BY r.id LIMIT :limit)
RETURNING id;

-- name: find_reminded(org_id, registration_id)^
--     -> (code: str, type_name: str, email: str, first_name: str, last_name: str, language: str,
--         is_for_contact: int) | None
-- The newest valid ticket of a registration, and who is written to. An event's tickets may leave
-- out who has them; a guest without an address is reminded by the contact of the party.
SELECT t.code, y.name AS type_name,
    CASE WHEN p.email = '' THEN coalesce(c.email, '') ELSE p.email END AS email,
    CASE e.has_nameless_tickets WHEN 0 THEN p.first_name ELSE '' END AS first_name,
    CASE e.has_nameless_tickets WHEN 0 THEN p.last_name ELSE '' END AS last_name,
    r.language, CASE WHEN p.email = '' THEN 1 ELSE 0 END AS is_for_contact
FROM registrations r
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid'
JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
LEFT JOIN parties g ON g.org_id = r.org_id AND g.id = r.party_id
LEFT JOIN people c ON c.org_id = g.org_id AND c.id = g.contact_id
WHERE r.org_id = :org_id AND r.id = :registration_id
ORDER BY t.created_at DESC, t.id DESC LIMIT 1;

-- name: list_entering_types(org_id, event_id, person_id) -> (ticket_type_id: TicketTypeId)
-- The types of the tickets that a person has in the event.
SELECT DISTINCT t.ticket_type_id FROM registrations r
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid'
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.person_id = :person_id
    AND r.state = 'confirmed';

-- name: add_party(org_id, id: PartyId, event_id, contact_id: PersonId, now)!
INSERT INTO parties (org_id, id, event_id, contact_id, created_at)
VALUES (:org_id, :id, :event_id, :contact_id, :now);

-- name: list_party_guests(org_id, event_id, contact_id: PersonId)
--     -> (first_name: str, last_name: str)
-- Those without an address in the parties of that contact, as they are known.
SELECT p.first_name, p.last_name FROM parties g
JOIN registrations r ON r.org_id = g.org_id AND r.party_id = g.id AND r.event_id = g.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE g.org_id = :org_id AND g.event_id = :event_id AND g.contact_id = :contact_id
    AND r.state = 'confirmed' AND p.email_key IS NULL;

-- name: count_held_by_person(org_id, event_id, ticket_type_id, person_id, party_id)$ -> int
-- Valid tickets of the type that the person has, their parties' too; `party_id` 0 = none: with it,
-- those of its contact are counted.
SELECT count(*) FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
LEFT JOIN parties g ON g.org_id = r.org_id AND g.id = r.party_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND t.state = 'valid'
    AND t.ticket_type_id = :ticket_type_id
    AND coalesce(g.contact_id, r.person_id) = coalesce((
        SELECT p.contact_id FROM parties p WHERE p.org_id = :org_id AND p.id = :party_id),
        :person_id);

-- name: is_exam(org_id, event_id)$ -> int | None
SELECT 1 FROM exams WHERE org_id = :org_id AND event_id = :event_id;

-- name: list_booked_sessions(org_id, registration_id) -> (session_id: SessionId)
SELECT session_id FROM session_bookings
WHERE org_id = :org_id AND registration_id = :registration_id ORDER BY session_id;

-- name: list_bookings(org_id, registration_id) -> (session_id: SessionId, created_at: int)
SELECT session_id, created_at FROM session_bookings
WHERE org_id = :org_id AND registration_id = :registration_id ORDER BY session_id;

-- name: add_bookings(org_id, registration_id, session_id, now)*!
INSERT INTO session_bookings (org_id, registration_id, session_id, created_at)
VALUES (:org_id, :registration_id, :session_id, :now);

-- name: delete_bookings(org_id, registration_id)!
DELETE FROM session_bookings WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: count_registrations(org_id, event_id)$ -> int
SELECT count(*) FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND state = 'confirmed';

-- name: find_intake_target(org_id, credential_id, pak)^
--     -> (revoked_at: int | None, expires_at: int | None, is_demo: int, noun: str | None,
--         target_id: int | None) | None
-- Whether the caller may still ask, and what the pak leads to, in one look.
SELECT c.revoked_at, c.expires_at, c.is_demo, d.noun, d.target_id
FROM credentials c
LEFT JOIN directory d ON d.namespace = 'pak' AND d.name = :pak AND d.org_id = c.org_id
WHERE c.org_id = :org_id AND c.id = :credential_id;

-- name: finish_items(org_id, id, status, code, facts, person_id, now)*!
UPDATE queue_items
SET status = :status, code = :code, facts = :facts, person_id = :person_id, done_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: finish_alike(org_id, submission_id: SubmissionId, last_id: QueueItemId, status,
--     code: str | None, facts: str | None, person_id: PersonId | None, now)!
-- All items of a submission; they are numbered from its own number up to `last_id`.
UPDATE queue_items SET status = :status, code = CAST(:code AS TEXT), facts = CAST(:facts AS TEXT),
    person_id = CAST(:person_id AS BIGINT), done_at = :now
WHERE org_id = :org_id AND submission_id = :submission_id
    AND id BETWEEN :submission_id AND :last_id;

-- name: finish_submission(org_id, id: SubmissionId, now)!
UPDATE submissions SET done_at = :now WHERE org_id = :org_id AND id = :id;

-- name: postpone_submission(org_id, id: SubmissionId, due_at)!
UPDATE submissions SET attempts = attempts + 1, due_at = :due_at
WHERE org_id = :org_id AND id = :id;

-- name: count_waiting(limit)$ -> int
-- crosses organizations: the backlog is one for the whole installation. Counts no further
-- than `limit`, so that it costs little however long the queue is.
SELECT count(*) FROM (SELECT 1 FROM submissions WHERE done_at IS NULL LIMIT :limit) waiting;

-- name: next_due()$ -> int | None
-- crosses organizations: workers serve all of them.
SELECT min(due_at) FROM submissions WHERE done_at IS NULL;

-- name: list_oldest_waits(now) -> (what: str, due_at: int | None)
-- crosses organizations: workers serve all of them. What is set aside waits for an operator.
SELECT 'ticket mail', min(m.due_at) FROM ticket_mails m WHERE m.due_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = m.org_id AND c.queue = 'ticket mail'
        AND c.id = m.ticket_id AND c.set_aside_at IS NOT NULL)
UNION ALL
SELECT 'list mail', min(w.updated_at) FROM waiting_entries w
WHERE w.state IN ('waiting', 'offered') AND w.told_at IS NULL
    AND (w.deadline_at IS NULL OR w.deadline_at > :now) AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = w.org_id AND c.queue = 'list mail'
        AND c.id = w.id AND c.set_aside_at IS NOT NULL)
UNION ALL
SELECT 'offer', min(w.deadline_at) FROM waiting_entries w
WHERE w.state = 'offered' AND w.deadline_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = w.org_id AND c.queue = 'offer'
        AND c.id = w.id AND c.set_aside_at IS NOT NULL);

-- == attendees ==

-- name: get_person_contact(org_id, id: PersonId)^
--     -> (email: str, title: str, first_name: str, last_name: str, company: str, job_title: str,
--         phone: str) | None
SELECT email, title, first_name, last_name, company, job_title, phone FROM people
WHERE org_id = :org_id AND id = :id;

-- name: find_party_address(org_id, id: PartyId)$ -> str | None
SELECT p.email FROM parties g
JOIN people p ON p.org_id = g.org_id AND p.id = g.contact_id
WHERE g.org_id = :org_id AND g.id = :id;

-- == live lists ==

-- name: find_event_end(org_id, id: EventId)$ -> int | None
SELECT ends_at FROM events WHERE org_id = :org_id AND id = :id;

-- name: list_registered(org_id, event_id, which, language: str | None, after, limit)
--     -> (id: RegistrationId, title: str, first_name: str, last_name: str, email: str,
--         phone: str, company: str, event_title: str, code: str | None, answers: str)
-- Once each, however many tickets they have, with the code of the newest; nobody who has neither
-- address nor phone. `which` is empty, `checked` (with one ticket at least) or `unchecked`;
-- `language` NULL = those of all languages.
SELECT r.id, p.title, p.first_name, p.last_name, p.email, p.phone, p.company,
    e.title AS event_title, (
        SELECT t.code FROM tickets t
        WHERE t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid'
        ORDER BY t.created_at DESC, t.id DESC LIMIT 1) AS code, r.answers
FROM registrations r
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.id > :after AND r.state = 'confirmed'
    AND (p.email <> '' OR p.phone <> '')
    AND (:which = '' OR (:which = 'checked') = EXISTS (
        SELECT 1 FROM tickets t
        WHERE t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid'
            AND t.checked_in_at IS NOT NULL))
    AND (CAST(:language AS TEXT) IS NULL OR r.language = CAST(:language AS TEXT))
ORDER BY r.id LIMIT :limit;

-- name: list_unreachable(org_id, event_id, which) -> (answers: str)
-- The answers of those who are not in `list_registered` since they have neither address nor phone.
SELECT r.answers
FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
    AND p.email = '' AND p.phone = ''
    AND (:which = '' OR (:which = 'checked') = EXISTS (
        SELECT 1 FROM tickets t
        WHERE t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid'
            AND t.checked_in_at IS NOT NULL));

-- name: list_pending(org_id, event_id, after, limit)
--     -> (id: PersonId, title: str, first_name: str, last_name: str, email: str,
--         phone: str, company: str, event_title: str, code: str, answers: str)
-- Once each, however many invitations they have; nobody who has neither address nor phone.
SELECT DISTINCT i.person_id AS id, p.title, p.first_name, p.last_name, p.email, p.phone, p.company,
    e.title AS event_title, '' AS code, '{"contact":{"email":""}}' AS answers
FROM invitation_states i
JOIN events e ON e.org_id = i.org_id AND e.id = i.event_id
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id
WHERE i.org_id = :org_id AND i.event_id = :event_id AND i.person_id > :after AND i.state = 'pending'
    AND (p.email <> '' OR p.phone <> '')
ORDER BY i.person_id LIMIT :limit;

-- == joining ==

-- name: find_valid_ticket(org_id, registration_id)$ -> TicketId | None
-- The newest.
SELECT id FROM tickets
WHERE org_id = :org_id AND registration_id = :registration_id AND state = 'valid'
ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: find_ticket_code(org_id, event_id, person_id)$ -> str | None
SELECT t.code FROM registrations r
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid'
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.person_id = :person_id
    AND r.state = 'confirmed' ORDER BY t.created_at DESC, t.id DESC LIMIT 1;

-- name: add_ticket_mail(org_id, ticket_id, user_id: UserId | None, now)!
INSERT INTO ticket_mails (org_id, ticket_id, user_id, due_at)
VALUES (:org_id, :ticket_id, CAST(:user_id AS BIGINT), :now)
ON CONFLICT (org_id, ticket_id) DO NOTHING;

-- name: hold_ticket_mail(org_id, ticket_id, due_at)!
UPDATE ticket_mails SET due_at = :due_at WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: hasten_ticket_mail(org_id, ticket_id, now)!
-- Not one that could not be drawn: its pauses stay.
UPDATE ticket_mails SET due_at = :now
WHERE org_id = :org_id AND ticket_id = :ticket_id AND due_at > :now AND attempts = 0;

-- == ticket mails ==

-- name: find_ticket_holder(org_id, code)^
--     -> (registration_id: RegistrationId, id: TicketId) | None
SELECT registration_id, id FROM tickets WHERE org_id = :org_id AND code = :code;

-- name: is_checked_in(org_id, id: TicketId)$ -> int | None
SELECT 1 FROM tickets WHERE org_id = :org_id AND id = :id AND checked_in_at IS NOT NULL;

-- name: move_bookings(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE session_bookings SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id;

-- == waiting ==

-- == clock ==

-- == places ==

-- name: take_ticket(org_id, id: TicketTypeId, now)^ -> places.TakenTicket | None
-- `is_waited_for` 1 = somebody waits for a place of the event that they could be given now.
UPDATE ticket_types SET held = held + 1
WHERE org_id = :org_id AND id = :id AND (capacity IS NULL OR held < capacity)
RETURNING id AS ticket_type_id, person_limit, sale_starts_at, sale_ends_at, is_locked, is_hidden,
    price_minor, CASE WHEN EXISTS (
        SELECT 1 FROM waiting_entries w
        JOIN events e ON e.org_id = w.org_id AND e.id = w.event_id
        JOIN ticket_types y ON y.org_id = w.org_id AND y.id = w.ticket_type_id
        WHERE w.org_id = ticket_types.org_id AND w.event_id = ticket_types.event_id
            AND w.state = 'waiting' AND e.state = 'open' AND y.is_locked = 0 AND y.is_hidden = 0
            AND (y.sale_starts_at IS NULL OR y.sale_starts_at <= :now)
            AND (y.sale_ends_at IS NULL OR y.sale_ends_at > :now)
            AND (y.capacity IS NULL OR y.held < y.capacity OR y.id = ticket_types.id)
            AND (e.capacity IS NULL OR e.held < e.capacity))
        THEN 1 ELSE 0 END AS is_waited_for;

-- name: take_event_place(org_id, id: EventId, now)$ -> str | None
-- The guard and the count are one statement: that is what never oversells. Whose registration has
-- ended is closed.
UPDATE events SET held = held + 1
WHERE org_id = :org_id AND id = :id AND (capacity IS NULL OR held < capacity)
RETURNING CASE WHEN state = 'open' AND registration_ends_at <= :now THEN 'closed' ELSE state END;

-- name: take_open_event_place(org_id, id: EventId, now)!
UPDATE events SET held = held + 1
WHERE org_id = :org_id AND id = :id AND state = 'open' AND (capacity IS NULL OR held < capacity)
    AND (registration_ends_at IS NULL OR registration_ends_at > :now);

-- name: take_default_tickets(org_id, event_id, count: int, now)^ -> places.TakenTicket | None
UPDATE ticket_types SET held = held + :count
WHERE org_id = :org_id AND event_id = :event_id AND is_default = 1
    AND (capacity IS NULL OR held + :count <= capacity)
RETURNING id AS ticket_type_id, person_limit, sale_starts_at, sale_ends_at, is_locked, is_hidden,
    price_minor, CASE WHEN EXISTS (
        SELECT 1 FROM waiting_entries w
        JOIN events e ON e.org_id = w.org_id AND e.id = w.event_id
        JOIN ticket_types y ON y.org_id = w.org_id AND y.id = w.ticket_type_id
        WHERE w.org_id = ticket_types.org_id AND w.event_id = ticket_types.event_id
            AND w.state = 'waiting' AND e.state = 'open' AND y.is_locked = 0 AND y.is_hidden = 0
            AND (y.sale_starts_at IS NULL OR y.sale_starts_at <= :now)
            AND (y.sale_ends_at IS NULL OR y.sale_ends_at > :now)
            AND (y.capacity IS NULL OR y.held < y.capacity OR y.id = ticket_types.id)
            AND (e.capacity IS NULL OR e.held < e.capacity))
        THEN 1 ELSE 0 END AS is_waited_for;

-- name: take_open_event_places(org_id, id: EventId, count: int, now)!
UPDATE events SET held = held + :count
WHERE org_id = :org_id AND id = :id AND state = 'open'
    AND (capacity IS NULL OR held + :count <= capacity)
    AND (registration_ends_at IS NULL OR registration_ends_at > :now);

-- name: take_event_places(org_id, id: EventId, count: int, now)$ -> str | None
-- `take_event_place` for so many.
UPDATE events SET held = held + :count
WHERE org_id = :org_id AND id = :id AND (capacity IS NULL OR held + :count <= capacity)
RETURNING CASE WHEN state = 'open' AND registration_ends_at <= :now THEN 'closed' ELSE state END;

-- name: find_default_room(org_id, event_id)^ -> places.DefaultRoom | None
-- What of an event's default type and of its places is free.
SELECT t.id AS ticket_type_id, t.person_limit, t.sale_starts_at, t.sale_ends_at, t.is_locked,
    t.is_hidden, t.price_minor, t.capacity - t.held AS tickets_left,
    e.capacity - e.held AS places_left
FROM ticket_types t JOIN events e ON e.org_id = t.org_id AND e.id = t.event_id
WHERE t.org_id = :org_id AND t.event_id = :event_id AND t.is_default = 1;

-- name: release_event_place(org_id, id: EventId)!
UPDATE events SET held = held - 1 WHERE org_id = :org_id AND id = :id;

-- name: release_session_place(org_id, id: SessionId)!
UPDATE sessions SET held = held - 1 WHERE org_id = :org_id AND id = :id;

-- name: take_default_ticket(org_id, event_id, now)^ -> places.TakenTicket | None
UPDATE ticket_types SET held = held + 1
WHERE org_id = :org_id AND event_id = :event_id AND is_default = 1
    AND (capacity IS NULL OR held < capacity)
RETURNING id AS ticket_type_id, person_limit, sale_starts_at, sale_ends_at, is_locked, is_hidden,
    price_minor, CASE WHEN EXISTS (
        SELECT 1 FROM waiting_entries w
        JOIN events e ON e.org_id = w.org_id AND e.id = w.event_id
        JOIN ticket_types y ON y.org_id = w.org_id AND y.id = w.ticket_type_id
        WHERE w.org_id = ticket_types.org_id AND w.event_id = ticket_types.event_id
            AND w.state = 'waiting' AND e.state = 'open' AND y.is_locked = 0 AND y.is_hidden = 0
            AND (y.sale_starts_at IS NULL OR y.sale_starts_at <= :now)
            AND (y.sale_ends_at IS NULL OR y.sale_ends_at > :now)
            AND (y.capacity IS NULL OR y.held < y.capacity OR y.id = ticket_types.id)
            AND (e.capacity IS NULL OR e.held < e.capacity))
        THEN 1 ELSE 0 END AS is_waited_for;

-- name: release_ticket(org_id, id: TicketTypeId)!
UPDATE ticket_types SET held = held - 1 WHERE org_id = :org_id AND id = :id;

-- == sources ==

-- name: set_sti(org_id, id: RegistrationId, sti, now)!
-- The first source that is known stays.
UPDATE registrations SET sti = :sti, updated_at = :now
WHERE org_id = :org_id AND id = :id AND sti = '';

-- == staff ==

-- name: list_matching(org_id, event_id: EventId, state, ticket_type_id: TicketTypeId,
--     session_id: SessionId, checked, source, since: int, until: int, tag_key, payment,
--     after: RegistrationId, limit)
--     -> (id: RegistrationId, event_id: EventId, email: str, first_name: str, last_name: str,
--         company: str, state: str, source: str, sitting: int, answers: str, created_at: int,
--         type_name: str | None, code: str | None, checked_in_at: int | None)
-- With the newest valid ticket of each, else its newest, of the type that is asked for: by when it
-- was made, as each process takes numbers of its own. Numbers 0 and texts empty = any; `checked`
-- is empty, `yes` or `no`; made from `since` on and before `until` (0 = ever).
SELECT r.id, r.event_id, p.email, p.first_name, p.last_name, p.company, r.state, r.source,
    r.sitting, r.answers, r.created_at, y.name, t.code, t.checked_in_at
FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
LEFT JOIN tickets t ON t.org_id = r.org_id AND t.id = (
    SELECT n.id FROM tickets n WHERE n.org_id = r.org_id AND n.registration_id = r.id
    ORDER BY CASE n.ticket_type_id WHEN :ticket_type_id THEN 0 ELSE 1 END,
        CASE n.state WHEN 'valid' THEN 0 ELSE 1 END, n.created_at DESC, n.id DESC LIMIT 1)
LEFT JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE r.org_id = :org_id AND r.id > :after AND (:event_id = 0 OR r.event_id = :event_id)
    AND (:state = '' OR r.state = :state) AND (:source = '' OR r.source = :source)
    AND r.created_at >= :since AND (:until = 0 OR r.created_at < :until)
    AND (:ticket_type_id = 0 OR EXISTS (
        SELECT 1 FROM tickets x WHERE x.org_id = r.org_id AND x.registration_id = r.id
            AND x.ticket_type_id = :ticket_type_id
            AND (x.state = 'valid' OR r.state = 'cancelled')))
    AND (:session_id = 0 OR EXISTS (
        SELECT 1 FROM session_bookings b WHERE b.org_id = r.org_id AND b.registration_id = r.id
            AND b.session_id = :session_id))
    AND (:tag_key = '' OR EXISTS (
        SELECT 1 FROM registration_tags g WHERE g.org_id = r.org_id AND g.registration_id = r.id
            AND g.tag_key = :tag_key))
    AND (:payment = '' OR EXISTS (
        SELECT 1 FROM tickets k JOIN payments m ON m.org_id = k.org_id AND m.ticket_id = k.id
        WHERE k.org_id = r.org_id AND k.registration_id = r.id AND m.state = :payment
            AND (m.state <> 'open' OR (k.state = 'valid' AND r.state = 'confirmed' AND (
                SELECT v.state FROM events v
                WHERE v.org_id = r.org_id AND v.id = r.event_id) <> 'cancelled'))))
    AND (:checked = '' OR (:checked = 'yes') = EXISTS (
        SELECT 1 FROM tickets c WHERE c.org_id = r.org_id AND c.registration_id = r.id
            AND c.state = 'valid' AND c.checked_in_at IS NOT NULL))
ORDER BY r.id LIMIT :limit;

-- name: list_exported_details(org_id, event_id, first: RegistrationId, last: RegistrationId)
--     -> (id: RegistrationId, job_title: str, phone: str, address_line1: str, post_code: str,
--         city: str, county_or_state: str, country_code: str)
-- What is known of the people of registrations from one number to another.
SELECT r.id, p.job_title, p.phone, p.address_line1, p.post_code, p.city, p.county_or_state,
    p.country_code
FROM registrations r JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.id >= :first AND r.id <= :last;

-- name: list_exported_tickets(org_id, event_id, first: RegistrationId, last: RegistrationId)
--     -> (registration_id: RegistrationId, ticket_type_id: TicketTypeId, code: str,
--         checked_in_at: int | None)
-- Their valid tickets, oldest first.
SELECT t.registration_id, t.ticket_type_id, t.code, t.checked_in_at
FROM registrations r JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.id >= :first AND r.id <= :last
    AND t.state = 'valid'
ORDER BY t.registration_id, t.created_at, t.id;

-- name: list_exported_bookings(org_id, event_id, first: RegistrationId, last: RegistrationId)
--     -> (registration_id: RegistrationId, session_id: SessionId)
-- What they booked, in the order of the programme.
SELECT b.registration_id, b.session_id
FROM registrations r
JOIN session_bookings b ON b.org_id = r.org_id AND b.registration_id = r.id
JOIN sessions s ON s.org_id = b.org_id AND s.id = b.session_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.id >= :first AND r.id <= :last
ORDER BY b.registration_id, s.position, s.starts_at, s.id;

-- name: delete_booking(org_id, registration_id, session_id)!
DELETE FROM session_bookings
WHERE org_id = :org_id AND registration_id = :registration_id AND session_id = :session_id;

-- name: touch_registration(org_id, id: RegistrationId, now)!
UPDATE registrations SET updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: add_note(org_id, registration_id, id: NoteId, note, actor, is_at_door: int,
--     now)!
INSERT INTO registration_notes (org_id, registration_id, id, note, actor, is_at_door, created_at)
VALUES (:org_id, :registration_id, :id, :note, :actor, :is_at_door, :now);

-- name: list_notes(org_id, registration_id) -> notes.Note
SELECT id, note, actor, created_at, is_at_door FROM registration_notes
WHERE org_id = :org_id AND registration_id = :registration_id ORDER BY created_at, id;

-- name: add_tag(org_id, registration_id, tag_key, tag, now)!
INSERT INTO registration_tags (org_id, registration_id, tag_key, tag, created_at)
VALUES (:org_id, :registration_id, :tag_key, :tag, :now)
ON CONFLICT (org_id, registration_id, tag_key) DO NOTHING;

-- name: delete_tag(org_id, registration_id, tag_key)!
DELETE FROM registration_tags
WHERE org_id = :org_id AND registration_id = :registration_id AND tag_key = :tag_key;

-- name: list_tags(org_id, registration_id) -> (tag: str)
SELECT tag FROM registration_tags
WHERE org_id = :org_id AND registration_id = :registration_id ORDER BY tag_key;

-- name: set_person_details(org_id, id: PersonId, title, first_name, last_name, company, job_title,
--     address_line1, address_line2, address_line3, city, county_or_state, post_code, country_code,
--     phone, now)!
-- Empty text changes nothing, and a learner's name stays.
UPDATE people SET
    title = CASE WHEN :title = '' THEN title ELSE :title END,
    first_name = CASE WHEN :first_name = '' OR EXISTS (
        SELECT 1 FROM learners l WHERE l.org_id = :org_id AND l.person_id = :id)
        THEN first_name ELSE :first_name END,
    last_name = CASE WHEN :last_name = '' OR EXISTS (
        SELECT 1 FROM learners l WHERE l.org_id = :org_id AND l.person_id = :id)
        THEN last_name ELSE :last_name END,
    company = CASE WHEN :company = '' THEN company ELSE :company END,
    job_title = CASE WHEN :job_title = '' THEN job_title ELSE :job_title END,
    address_line1 = CASE WHEN :address_line1 = '' THEN address_line1 ELSE :address_line1 END,
    address_line2 = CASE WHEN :address_line2 = '' THEN address_line2 ELSE :address_line2 END,
    address_line3 = CASE WHEN :address_line3 = '' THEN address_line3 ELSE :address_line3 END,
    city = CASE WHEN :city = '' THEN city ELSE :city END,
    county_or_state = CASE WHEN :county_or_state = '' THEN county_or_state
        ELSE :county_or_state END,
    post_code = CASE WHEN :post_code = '' THEN post_code ELSE :post_code END,
    country_code = CASE WHEN :country_code = '' THEN country_code ELSE :country_code END,
    phone = CASE WHEN :phone = '' THEN phone ELSE :phone END,
    updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- == what an event chose ==

-- name: find_default_type(org_id, event_id)$ -> TicketTypeId | None
SELECT id FROM ticket_types WHERE org_id = :org_id AND event_id = :event_id AND is_default = 1;

-- name: find_choices(org_id, id: EventId)^ -> choices.Choices | None
SELECT mails_api_tickets AS mails_tickets, waits_when_full FROM events
WHERE org_id = :org_id AND id = :id;

-- name: set_choices(org_id, id: EventId, mails_tickets: int, waits_when_full: int, now)!
UPDATE events SET mails_api_tickets = :mails_tickets, waits_when_full = :waits_when_full,
    updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: move_payment(org_id, from_id: TicketId, to_id: TicketId)!
-- What is to be paid, or was, goes along with a ticket that is passed on.
UPDATE payments SET ticket_id = :to_id WHERE org_id = :org_id AND ticket_id = :from_id;

-- name: find_settled(org_id, registration_id, ticket_type_id)^
--     -> (ticket_id: TicketId, code: str, state: str, amount_minor: int, currency: str) | None
-- What was paid, or waived, for the newest cancelled ticket of the type, and not paid back.
SELECT t.id AS ticket_id, t.code, p.state, p.amount_minor, p.currency FROM tickets t
JOIN payments p ON p.org_id = t.org_id AND p.ticket_id = t.id
WHERE t.org_id = :org_id AND t.registration_id = :registration_id AND t.state = 'cancelled'
    AND t.ticket_type_id = :ticket_type_id AND p.state IN ('paid', 'waived')
ORDER BY t.created_at DESC, t.id DESC LIMIT 1;

-- name: find_payment(org_id, ticket_id)^
--     -> (state: str, amount_minor: int, currency: str, due_at: int) | None
SELECT state, amount_minor, currency, due_at FROM payments
WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: renew_payment(org_id, ticket_id, due_at: int, now)!
-- It waits again, also where it was not paid in time.
UPDATE payments SET due_at = :due_at, lapsed_at = NULL, updated_at = :now
WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: wake_payments(org_id, event_id, now)!
-- Those of an event that was cancelled and is on again, which came due in between.
UPDATE payments SET lapsed_at = NULL, updated_at = :now
WHERE org_id = :org_id AND state = 'open' AND lapsed_at IS NOT NULL AND ticket_id IN (
    SELECT t.id FROM registrations r
    JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
    WHERE r.org_id = :org_id AND r.event_id = :event_id AND t.state = 'valid');

-- name: is_erased(org_id, person_id)$ -> int | None
SELECT 1 FROM erasures WHERE org_id = :org_id AND person_id = :person_id;

-- == browsing ==

-- part: asked_for
-- What is asked of a registration `r`, but for its source. Numbers 0 and texts empty = any;
-- `checked` is empty, `yes` or `no`. Not EXISTS: PostgreSQL would read whole tables for it before
-- the first of a few rows.
AND (:state = '' OR r.state = :state)
    AND (:ticket_type_id = 0 OR (
        SELECT 1 FROM tickets x WHERE x.org_id = r.org_id AND x.registration_id = r.id
            AND x.ticket_type_id = :ticket_type_id
            AND (x.state = 'valid' OR r.state = 'cancelled') LIMIT 1) IS NOT NULL)
    AND (:session_id = 0 OR (
        SELECT 1 FROM session_bookings b WHERE b.org_id = r.org_id AND b.registration_id = r.id
            AND b.session_id = :session_id LIMIT 1) IS NOT NULL)
    AND (:tag_key = '' OR (
        SELECT 1 FROM registration_tags g WHERE g.org_id = r.org_id AND g.registration_id = r.id
            AND g.tag_key = :tag_key LIMIT 1) IS NOT NULL)
    AND (:payment = '' OR (
        SELECT 1 FROM tickets k JOIN payments m ON m.org_id = k.org_id AND m.ticket_id = k.id
        WHERE k.org_id = r.org_id AND k.registration_id = r.id AND m.state = :payment
            AND (m.state <> 'open' OR (k.state = 'valid' AND r.state = 'confirmed' AND (
                SELECT v.state FROM events v
                WHERE v.org_id = r.org_id AND v.id = r.event_id) <> 'cancelled'))
        LIMIT 1) IS NOT NULL)
    AND (:checked = '' OR (:checked = 'yes') = ((
        SELECT 1 FROM tickets c WHERE c.org_id = r.org_id AND c.registration_id = r.id
            AND c.state = 'valid' AND c.checked_in_at IS NOT NULL LIMIT 1) IS NOT NULL))

-- name: read_registration(org_id, event_id, id: RegistrationId)^ -> Registration | None
-- Without a lock: for pages that show it.
SELECT id, uuid, event_id, person_id, ticket_type_id, state, source, answers AS submitted,
    created_at, updated_at, sitting, party_id
FROM registrations WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: list_before(org_id, event_id, before: RegistrationId, limit) -> (id: RegistrationId)
SELECT id FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND id < :before ORDER BY id DESC LIMIT :limit;

-- name: list_behind(org_id, event_id, after: RegistrationId, limit) -> (id: RegistrationId)
SELECT id FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND id > :after ORDER BY id LIMIT :limit;

-- name: list_cancelled_before(org_id, event_id, before: RegistrationId, limit)
--     -> (id: RegistrationId)
SELECT id FROM registrations WHERE org_id = :org_id AND event_id = :event_id
    AND state = 'cancelled' AND id < :before
ORDER BY id DESC LIMIT :limit;

-- name: list_booked_before(org_id, session_id, before: RegistrationId, limit)
--     -> (id: RegistrationId)
SELECT registration_id AS id FROM session_bookings
WHERE org_id = :org_id AND session_id = :session_id AND registration_id < :before
ORDER BY registration_id DESC LIMIT :limit;

-- name: list_of_type_before(org_id, ticket_type_id, before: RegistrationId, limit)
--     -> (id: RegistrationId)
SELECT registration_id AS id FROM tickets
WHERE org_id = :org_id AND ticket_type_id = :ticket_type_id AND registration_id < :before
ORDER BY registration_id DESC LIMIT :limit;

-- name: list_checked_in_before(org_id, ticket_type_id, before: RegistrationId, limit)
--     -> (id: RegistrationId)
SELECT registration_id AS id FROM tickets
WHERE org_id = :org_id AND ticket_type_id = :ticket_type_id AND checked_in_at IS NOT NULL
    AND registration_id < :before
ORDER BY registration_id DESC LIMIT :limit;

-- name: list_tagged_before(org_id, tag_key, before: RegistrationId, limit) -> (id: RegistrationId)
-- At all events of the organization.
SELECT registration_id AS id FROM registration_tags
WHERE org_id = :org_id AND tag_key = :tag_key AND registration_id < :before
ORDER BY registration_id DESC LIMIT :limit;

-- name: list_of_codes(org_id, event_id, code, reference, limit) -> (id: RegistrationId)
-- Those with a ticket whose code begins with `code`, up to `limit` at all events, or that is paid
-- with `reference`.
SELECT r.id FROM (
    SELECT t.registration_id AS id FROM tickets t
    WHERE t.org_id = :org_id AND t.code >= CAST(:code AS TEXT)
        AND t.code <= CAST(:code AS TEXT) || 'ZZZZZZZZZZZZZZZZZZZZ'
        AND substr(t.code, 1, length(CAST(:code AS TEXT))) = CAST(:code AS TEXT)
    LIMIT :limit) f
JOIN registrations r ON r.org_id = :org_id AND r.id = f.id AND r.event_id = :event_id
UNION SELECT r.id FROM payments p
JOIN tickets t ON t.org_id = p.org_id AND t.id = p.ticket_id
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
WHERE p.org_id = :org_id AND p.reference = :reference AND r.event_id = :event_id;

-- name: list_paying(org_id, state, limit) -> (ticket_id: TicketId)
-- The tickets whose payment is in that state, at all events of the organization, up to `limit`.
SELECT ticket_id FROM payments WHERE org_id = :org_id AND state = :state
ORDER BY ticket_id LIMIT :limit;

-- name: list_names(org_id, event_id: EventId, key, after: RegistrationId, state,
--     ticket_type_id: TicketTypeId, session_id: SessionId, checked, source, tag_key, payment,
--     limit) -> (id: RegistrationId, is_asked: int)
-- Registrations in the order of their names, each with whether it is as asked for, from the one
-- behind `after`, which is sorted as `key`. Only the index is read for those that are not.
SELECT r.id, CASE WHEN r.event_id = :event_id
    -- use: asked_for
    AND (:source = '' OR (SELECT o.source FROM registrations o
        WHERE o.org_id = r.org_id AND o.id = r.id) = :source)
    THEN 1 ELSE 0 END AS is_asked
FROM registrations r
WHERE r.org_id = :org_id AND r.event_id = :event_id AND (r.name_key, r.id) > (:key, :after)
ORDER BY r.name_key, r.id LIMIT :limit;

-- name: list_names_down(org_id, event_id: EventId, key, after: RegistrationId, state,
--     ticket_type_id: TicketTypeId, session_id: SessionId, checked, source, tag_key, payment,
--     limit) -> (id: RegistrationId, is_asked: int)
-- `list_names` from the end.
SELECT r.id, CASE WHEN r.event_id = :event_id
    -- use: asked_for
    AND (:source = '' OR (SELECT o.source FROM registrations o
        WHERE o.org_id = r.org_id AND o.id = r.id) = :source)
    THEN 1 ELSE 0 END AS is_asked
FROM registrations r
WHERE r.org_id = :org_id AND r.event_id = :event_id AND (r.name_key, r.id) < (:key, :after)
ORDER BY r.name_key DESC, r.id DESC LIMIT :limit;

-- name: list_by_name(org_id, event_id, key, after: RegistrationId, limit) -> (RegistrationId,)
-- `list_names` of anybody: by the ten thousand, to be held against a list of those asked for.
SELECT id FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND (name_key, id) > (:key, :after)
ORDER BY name_key, id LIMIT :limit;

-- name: list_by_name_down(org_id, event_id, key, after: RegistrationId, limit)
--     -> (RegistrationId,)
SELECT id FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND (name_key, id) < (:key, :after)
ORDER BY name_key DESC, id DESC LIMIT :limit;

-- name: find_name_key(org_id, event_id, id: RegistrationId)$ -> str | None
SELECT name_key FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: list_check_ins(org_id, registration_id) -> (id: TicketId, checked_in_at: int | None)
SELECT id, checked_in_at FROM tickets
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: list_person_events(org_id, person_id) -> browsing.PersonEvent
SELECT r.id, r.event_id, e.title, r.state FROM registrations r
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE r.org_id = :org_id AND r.person_id = :person_id ORDER BY r.id DESC;

-- name: find_by_code(org_id, code)^ -> browsing.PersonEvent | None
SELECT r.id, r.event_id, e.title, r.state FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE t.org_id = :org_id AND t.code = :code;

-- name: count_browsed(org_id, event_id: EventId, state, ticket_type_id: TicketTypeId,
--     session_id: SessionId, checked, source, tag_key, payment)$ -> int
SELECT count(*) FROM registrations r
WHERE r.org_id = :org_id AND r.event_id = :event_id AND (:source = '' OR r.source = :source)
    -- use: asked_for
;

-- name: find_span(org_id, event_id)^ -> (first: int, last: int)
SELECT
    (SELECT min(id) FROM registrations WHERE org_id = :org_id AND event_id = :event_id) AS first,
    (SELECT max(id) FROM registrations WHERE org_id = :org_id AND event_id = :event_id) AS last;

-- name: find_last_name(org_id, event_id)$ -> str | None
SELECT max(name_key) FROM registrations WHERE org_id = :org_id AND event_id = :event_id;

-- name: count_narrowed(org_id, event_id, kind, number: int, tag_key, limit)$ -> int
-- How many an index has of one `kind` (walking.py), up to `limit`; some may not be asked for.
SELECT count(*) FROM (
    SELECT 1 AS one FROM registrations r WHERE :kind = 'cancelled' AND r.org_id = :org_id
        AND r.event_id = :event_id AND r.state = 'cancelled' AND r.id > 0
    UNION ALL SELECT 1 FROM session_bookings b WHERE :kind = 'session' AND b.org_id = :org_id
        AND b.session_id = :number
    UNION ALL SELECT 1 FROM tickets t WHERE :kind = 'type' AND t.org_id = :org_id
        AND t.ticket_type_id = :number
    UNION ALL SELECT 1 FROM ticket_types y CROSS JOIN tickets t WHERE :kind = 'checked_in'
        AND y.org_id = :org_id AND y.event_id = :event_id AND (:number = 0 OR y.id = :number)
        AND t.org_id = y.org_id AND t.ticket_type_id = y.id AND t.checked_in_at IS NOT NULL
    UNION ALL SELECT 1 FROM registration_tags g WHERE :kind = 'tag' AND g.org_id = :org_id
        AND g.tag_key = :tag_key
    LIMIT :limit) AS few;

-- name: count_some(org_id, event_id, limit)$ -> int
-- The registrations of an event, up to `limit`.
SELECT count(*) FROM (SELECT 1 FROM registrations
    WHERE org_id = :org_id AND event_id = :event_id LIMIT :limit) AS few;

-- name: count_states(org_id, event_id)^ -> (confirmed: int, checked_in: int, cancelled: int)
SELECT coalesce(sum(CASE r.state WHEN 'confirmed' THEN 1 ELSE 0 END), 0) AS confirmed,
    coalesce(sum(CASE WHEN r.state = 'confirmed' AND EXISTS (
        SELECT 1 FROM tickets c WHERE c.org_id = r.org_id AND c.registration_id = r.id
            AND c.state = 'valid' AND c.checked_in_at IS NOT NULL) THEN 1 ELSE 0 END), 0)
        AS checked_in,
    coalesce(sum(CASE r.state WHEN 'cancelled' THEN 1 ELSE 0 END), 0) AS cancelled
FROM registrations r WHERE r.org_id = :org_id AND r.event_id = :event_id;

-- name: list_sources(org_id, event_id) -> (source: str, total: int)
SELECT source, count(*) AS total FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND state = 'confirmed'
GROUP BY source ORDER BY count(*) DESC, source;

-- name: list_event_tags(org_id, event_id) -> (tag: str)
SELECT min(g.tag) AS tag FROM registrations r
JOIN registration_tags g ON g.org_id = r.org_id AND g.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id GROUP BY g.tag_key ORDER BY g.tag_key;

-- name: list_tags_in_use(org_id) -> (tag: str)
-- All of the organization, from one to the next in their index.
WITH RECURSIVE keys (tag_key) AS (
    SELECT min(tag_key) FROM registration_tags WHERE org_id = :org_id
    UNION ALL SELECT (SELECT min(g.tag_key) FROM registration_tags g
        WHERE g.org_id = :org_id AND g.tag_key > keys.tag_key)
    FROM keys WHERE keys.tag_key IS NOT NULL)
SELECT (SELECT g.tag FROM registration_tags g
    WHERE g.org_id = :org_id AND g.tag_key = keys.tag_key LIMIT 1) AS tag
FROM keys WHERE keys.tag_key IS NOT NULL ORDER BY keys.tag_key;

-- == saved filters ==

-- name: list_filters(org_id, event_id) -> saved_filters.SavedFilter
SELECT name, query FROM saved_filters
WHERE org_id = :org_id AND event_id = :event_id ORDER BY name_key;

-- name: save_filter(org_id, event_id, name_key, name, query, now)!
INSERT INTO saved_filters (org_id, event_id, name_key, name, query, updated_at)
VALUES (:org_id, :event_id, :name_key, :name, :query, :now)
ON CONFLICT (org_id, event_id, name_key) DO UPDATE SET
    name = excluded.name, query = excluded.query, updated_at = excluded.updated_at;

-- name: delete_filter(org_id, event_id, name_key)!
DELETE FROM saved_filters
WHERE org_id = :org_id AND event_id = :event_id AND name_key = :name_key;
