-- == reading ==

-- name: find_event(org_id, id: EventId)^
--     -> (uuid: str, title: str, state: str, timezone: str, starts_local: str, ends_local: str,
--         capacity: int | None, registration_ends_local: str, details: str, cover: str,
--         venue_id: VenueId | None, waiting_hours: int, mails_api_tickets: int,
--         waits_when_full: int, is_waiting_closed: int, has_nameless_tickets: int,
--         refuses_unpaid: int, door_looks_first: int, is_exam: int) | None
-- The event as it is stored: one whose registration has ended is not closed by that here.
SELECT e.uuid, e.title, e.state, e.timezone, e.starts_local, e.ends_local, e.capacity,
    e.registration_ends_local, e.details, e.cover, e.venue_id, e.waiting_hours,
    e.mails_api_tickets, e.waits_when_full, e.is_waiting_closed, e.has_nameless_tickets,
    e.refuses_unpaid, e.door_looks_first,
    CASE WHEN EXISTS (SELECT 1 FROM exams x WHERE x.org_id = e.org_id AND x.event_id = e.id)
        THEN 1 ELSE 0 END AS is_exam
FROM events e WHERE e.org_id = :org_id AND e.id = :id;

-- name: find_key(org_id, event_id)$ -> str | None
-- The name under which an event was imported.
SELECT name FROM directory
WHERE namespace = 'import' AND org_id = :org_id AND target_id = :event_id;

-- name: list_ticket_types(org_id, event_id)
--     -> (id: TicketTypeId, name: str, is_default: int, description: str, price_minor: int,
--         currency: str, capacity: int | None, is_rsvp: int, is_locked: int, is_hidden: int,
--         person_limit: int | None, access_code: str, sale_starts_local: str,
--         sale_ends_local: str, position: int)
SELECT id, name, is_default, description, price_minor, currency, capacity, is_rsvp, is_locked,
    is_hidden, person_limit, access_code, sale_starts_local, sale_ends_local, position
FROM ticket_types WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: list_speakers(org_id, event_id)
--     -> (id: SpeakerId, name: str, headline: str, description: str, picture: str, position: int)
SELECT id, name, headline, description, picture, position FROM speakers
WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: list_sessions(org_id, event_id)
--     -> (id: SessionId, title: str, starts_local: str, ends_local: str, state: str,
--         capacity: int | None, description: str, track: str, room: str, position: int,
--         ticket_type_ids: str, speaker_ids: str, kind: str | None, url: str | None,
--         is_simulated: int | None, is_on_demand: int | None, live_from: int | None,
--         live_until: int | None)
SELECT s.id, s.title, s.starts_local, s.ends_local, s.state, s.capacity, s.description, s.track,
    s.room, s.position, s.ticket_type_ids, s.speaker_ids, m.kind, m.url, m.is_simulated,
    m.is_on_demand, m.live_from, m.live_until
FROM sessions s LEFT JOIN session_media m ON m.org_id = s.org_id AND m.session_id = s.id
WHERE s.org_id = :org_id AND s.event_id = :event_id ORDER BY s.id;

-- name: list_people(org_id, event_id)
--     -> (id: PersonId, email: str, title: str, first_name: str, last_name: str, company: str,
--         job_title: str, address_line1: str, address_line2: str, address_line3: str, city: str,
--         county_or_state: str, post_code: str, country_code: str, phone: str)
-- Everybody whom the event knows, oldest first.
SELECT id, email, title, first_name, last_name, company, job_title, address_line1, address_line2,
    address_line3, city, county_or_state, post_code, country_code, phone
FROM people WHERE org_id = :org_id AND id IN (
    SELECT person_id FROM registrations WHERE org_id = :org_id AND event_id = :event_id
    UNION SELECT person_id FROM waiting_entries WHERE org_id = :org_id AND event_id = :event_id
    UNION SELECT i.person_id FROM invitations i
        JOIN people q ON q.org_id = i.org_id AND q.id = i.person_id AND q.merged_into IS NULL
        WHERE i.org_id = :org_id AND i.event_id = :event_id
    UNION SELECT contact_id FROM parties WHERE org_id = :org_id AND event_id = :event_id)
ORDER BY id;

-- name: list_parties(org_id, event_id) -> (id: PartyId, contact_id: PersonId)
SELECT id, contact_id FROM parties WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: list_invitations(org_id, event_id)
--     -> (id: InviteeId, campaign_id: CampaignId, person_id: PersonId, sent_at: int | None,
--         declined_at: int | None, declined_after: int, confirmed_at: int | None,
--         reminded_at: int | None, reminders: int)
-- Not what stays with somebody who was merged.
SELECT i.id, i.campaign_id, i.person_id, i.sent_at, i.declined_at, i.declined_after, i.confirmed_at,
    i.reminded_at, i.reminders
FROM invitations i
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id AND p.merged_into IS NULL
WHERE i.org_id = :org_id AND i.event_id = :event_id ORDER BY i.id;

-- name: list_waiting(org_id, event_id)
--     -> (id: EntryId, ticket_type_id: TicketTypeId, person_id: PersonId, state: str,
--         priority: int, sti: str, created_at: int, offered_at: int | None,
--         deadline_at: int | None, reason: str, extras: str, language: str)
SELECT id, ticket_type_id, person_id, state, priority, sti, created_at, offered_at, deadline_at,
    reason, extras, language
FROM waiting_entries WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: list_registrations(org_id, event_id)
--     -> (id: RegistrationId, person_id: PersonId, ticket_type_id: TicketTypeId, state: str,
--         source: str, answers: str, created_at: int, sti: str, party_id: PartyId | None,
--         language: str)
SELECT id, person_id, ticket_type_id, state, source, answers, created_at, sti, party_id, language
FROM registrations WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: list_bookings(org_id, event_id)
--     -> (registration_id: RegistrationId, session_id: SessionId)
SELECT b.registration_id, b.session_id
FROM registrations r
JOIN session_bookings b ON b.org_id = r.org_id AND b.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id ORDER BY b.registration_id, b.session_id;

-- name: list_tickets(org_id, event_id)
--     -> (registration_id: RegistrationId, ticket_type_id: TicketTypeId, code: str, state: str,
--         granted_by: str, created_at: int, checked_in_at: int | None, grant_id: int | None,
--         issued_by: str,
--         payment_state: str | None, amount_minor: int | None, currency: str | None,
--         reference: str | None, due_at: int | None, settled_at: int | None,
--         lapsed_at: int | None)
SELECT t.registration_id, t.ticket_type_id, t.code, t.state, t.granted_by, t.created_at,
    t.checked_in_at, t.grant_id, t.issued_by,
    CASE WHEN p.state = 'open' AND (
            t.state <> 'valid' OR r.state <> 'confirmed' OR e.state = 'cancelled')
        THEN 'cancelled' ELSE p.state END AS payment_state,
    p.amount_minor, p.currency, p.reference, p.due_at,
    p.settled_at, p.lapsed_at
FROM registrations r
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
LEFT JOIN payments p ON p.org_id = t.org_id AND p.ticket_id = t.id
WHERE r.org_id = :org_id AND r.event_id = :event_id ORDER BY t.id;

-- name: list_notes(org_id, event_id)
--     -> (registration_id: RegistrationId, note: str, actor: str, created_at: int,
--         is_at_door: int)
SELECT n.registration_id, n.note, n.actor, n.created_at, n.is_at_door
FROM registrations r
JOIN registration_notes n ON n.org_id = r.org_id AND n.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id ORDER BY n.registration_id, n.id;

-- name: list_tags(org_id, event_id) -> (registration_id: RegistrationId, tag: str)
SELECT g.registration_id, g.tag
FROM registrations r
JOIN registration_tags g ON g.org_id = r.org_id AND g.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id ORDER BY g.registration_id, g.tag_key;

-- == writing ==

-- name: finish_event(org_id, id: EventId, state, capacity: int | None, held: int,
--     waiting_hours: int, mails_api_tickets: int, waits_when_full: int, is_waiting_closed: int,
--     has_nameless_tickets: int, refuses_unpaid: int, door_looks_first: int, now)!
UPDATE events SET state = :state, capacity = CAST(:capacity AS BIGINT), held = :held,
    waiting_hours = :waiting_hours, mails_api_tickets = :mails_api_tickets,
    waits_when_full = :waits_when_full, is_waiting_closed = :is_waiting_closed,
    has_nameless_tickets = :has_nameless_tickets, refuses_unpaid = :refuses_unpaid,
    door_looks_first = :door_looks_first, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_ticket_type_held(org_id, id: TicketTypeId, held: int)!
UPDATE ticket_types SET held = :held WHERE org_id = :org_id AND id = :id;

-- name: set_session_held(org_id, id: SessionId, held: int)!
UPDATE sessions SET held = :held WHERE org_id = :org_id AND id = :id;

-- name: set_rsvp(org_id, id: TicketTypeId)!
UPDATE ticket_types SET is_rsvp = 1 WHERE org_id = :org_id AND id = :id;

-- name: set_campaign_sent(org_id, id: CampaignId, sent_at: int | None)!
UPDATE campaigns SET sent_at = CAST(:sent_at AS BIGINT) WHERE org_id = :org_id AND id = :id;

-- name: find_user(org_id)$ -> UserId | None
-- The first one, whose the invitations are.
SELECT min(id) FROM users WHERE org_id = :org_id;

-- name: add_party(org_id, id: PartyId, event_id, contact_id, now)!
INSERT INTO parties (org_id, id, event_id, contact_id, created_at)
VALUES (:org_id, :id, :event_id, :contact_id, :now);

-- name: add_invitation(org_id, id: InviteeId, uuid, campaign_id, event_id, person_id,
--     sent_at: int | None, declined_at: int | None, declined_after: int,
--     confirmed_at: int | None, reminded_at: int | None, reminders: int, now)!
-- 0 rows for somebody whom the campaign invites already.
INSERT INTO invitations (org_id, id, uuid, campaign_id, event_id, person_id, sent_at, declined_at,
    declined_after, confirmed_at, reminded_at, reminders, created_at, updated_at)
VALUES (:org_id, :id, :uuid, :campaign_id, :event_id, :person_id, CAST(:sent_at AS BIGINT),
    CAST(:declined_at AS BIGINT), :declined_after, CAST(:confirmed_at AS BIGINT),
    CAST(:reminded_at AS BIGINT), :reminders, :now, :now)
ON CONFLICT (org_id, campaign_id, person_id) DO NOTHING;

-- name: add_waiting(org_id, id: EntryId, event_id, ticket_type_id, person_id, state, priority: int,
--     sti, language, offered_at: int | None, deadline_at: int | None, reason, extras,
--     created_at: int, now)!
-- Nobody is told again.
INSERT INTO waiting_entries (org_id, id, event_id, ticket_type_id, person_id, state, priority, sti,
    language, offered_at, deadline_at, reason, extras, told_at, created_at, updated_at)
VALUES (:org_id, :id, :event_id, :ticket_type_id, :person_id, :state, :priority, :sti,
    :language, CAST(:offered_at AS BIGINT), CAST(:deadline_at AS BIGINT), :reason, :extras, :now,
    :created_at, :now);

-- name: add_registration(org_id, id: RegistrationId, uuid, event_id, person_id, ticket_type_id,
--     state, source, answers, created_at: int, sti, party_id: PartyId | None,
--     language, now)!
-- 0 rows for somebody who is registered already.
INSERT INTO registrations (org_id, id, uuid, event_id, person_id, sitting, ticket_type_id, state,
    source, answers, created_at, updated_at, sti, party_id, language)
VALUES (:org_id, :id, :uuid, :event_id, :person_id, 0, :ticket_type_id, :state, :source, :answers,
    :created_at, :now, :sti, CAST(:party_id AS BIGINT), :language)
ON CONFLICT (org_id, person_id, event_id, sitting) DO NOTHING;

-- name: add_booking(org_id, registration_id, session_id, now)!
INSERT INTO session_bookings (org_id, registration_id, session_id, created_at)
VALUES (:org_id, :registration_id, :session_id, :now)
ON CONFLICT (org_id, registration_id, session_id) DO NOTHING;

-- name: add_ticket(org_id, id: TicketId, code, registration_id, ticket_type_id, state,
--     created_at: int, checked_in_at: int | None, granted_by, grant_id: int | None, issued_by,
--     now)!
-- 0 rows for a code that is taken.
INSERT INTO tickets (org_id, id, code, registration_id, ticket_type_id, state, created_at,
    updated_at, checked_in_at, granted_by, grant_id, issued_by)
VALUES (:org_id, :id, :code, :registration_id, :ticket_type_id, :state, :created_at, :now,
    CAST(:checked_in_at AS BIGINT), :granted_by, CAST(:grant_id AS BIGINT), :issued_by)
ON CONFLICT (org_id, code) DO NOTHING;

-- name: find_by_reference(org_id, reference)$ -> TicketId | None
SELECT ticket_id FROM payments WHERE org_id = :org_id AND reference = :reference;

-- name: add_payment(org_id, ticket_id: TicketId, state, amount_minor: int, currency, reference,
--     due_at: int, settled_at: int | None, lapsed_at: int | None, now)!
INSERT INTO payments (org_id, ticket_id, state, amount_minor, currency, reference, due_at,
    settled_at, lapsed_at, created_at, updated_at)
VALUES (:org_id, :ticket_id, :state, :amount_minor, :currency, :reference, :due_at,
    CAST(:settled_at AS BIGINT), CAST(:lapsed_at AS BIGINT), :now, :now);

-- name: add_note(org_id, registration_id, id: NoteId, note, actor, is_at_door: int,
--     created_at: int)!
INSERT INTO registration_notes (org_id, registration_id, id, note, actor, is_at_door, created_at)
VALUES (:org_id, :registration_id, :id, :note, :actor, :is_at_door, :created_at);

-- name: add_tag(org_id, registration_id, tag_key, tag, now)!
INSERT INTO registration_tags (org_id, registration_id, tag_key, tag, created_at)
VALUES (:org_id, :registration_id, :tag_key, :tag, :now)
ON CONFLICT (org_id, registration_id, tag_key) DO NOTHING;
