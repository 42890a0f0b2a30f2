-- name: add_venue(org_id, id: VenueId, uuid, name, address, city, country_code, timezone,
--     details, now)!
INSERT INTO venues
    (org_id, id, uuid, name, address, city, country_code, timezone, details, created_at, updated_at)
VALUES (:org_id, :id, :uuid, :name, :address, :city, :country_code, :timezone, :details, :now,
    :now);

-- name: add_channel(org_id, id: ChannelId, uuid, pak, title, now)!
INSERT INTO channels (org_id, id, uuid, pak, title, created_at, updated_at)
VALUES (:org_id, :id, :uuid, :pak, :title, :now, :now);

-- name: list_channels(org_id) -> Channel
SELECT id, uuid, pak, title FROM channels WHERE org_id = :org_id ORDER BY id;

-- name: add_channel_event(org_id, channel_id, event_id)!
INSERT INTO channel_events (org_id, channel_id, event_id)
VALUES (:org_id, :channel_id, :event_id)
ON CONFLICT (org_id, channel_id, event_id) DO NOTHING;

-- name: add_event(org_id, id: EventId, uuid, pak, title, state, timezone, starts_local,
--     ends_local, starts_at, ends_at, venue_id: VenueId | None, capacity: int | None, details,
--     now)!
INSERT INTO events
    (org_id, id, uuid, pak, title, state, timezone, starts_local, ends_local, starts_at, ends_at,
     venue_id, capacity, details, created_at, updated_at)
VALUES
    (:org_id, :id, :uuid, :pak, :title, :state, :timezone, :starts_local, :ends_local, :starts_at,
     :ends_at, :venue_id, :capacity, :details, :now, :now);

-- name: find_event(org_id, id: EventId, now)^ -> Event | None
SELECT id, uuid, pak, title,
    CASE WHEN state = 'open' AND registration_ends_at <= :now THEN 'closed' ELSE state END AS state,
    timezone, starts_local, ends_local, starts_at, ends_at, capacity, held
FROM events WHERE org_id = :org_id AND id = :id;

-- name: list_events(org_id, after, limit, now) -> Event
SELECT id, uuid, pak, title,
    CASE WHEN state = 'open' AND registration_ends_at <= :now THEN 'closed' ELSE state END AS state,
    timezone, starts_local, ends_local, starts_at, ends_at, capacity, held
FROM events WHERE org_id = :org_id AND id > :after ORDER BY id LIMIT :limit;

-- name: lock_event_text(org_id, id: EventId)^
--     -> (title: str, details: str, cover: str, venue_id: VenueId | None, timezone: str,
--         starts_local: str, ends_local: str, registration_ends_local: str) | None
-- Locks the row on PostgreSQL (see the override): two changes at once both count.
SELECT title, details, cover, venue_id, timezone, starts_local, ends_local, registration_ends_local
FROM events WHERE org_id = :org_id AND id = :id;

-- name: set_event_text(org_id, id: EventId, title, details, cover, venue_id: VenueId | None,
--     registration_ends_local, registration_ends_at: int | None, now)!
UPDATE events SET title = :title, details = :details, cover = :cover,
    venue_id = CAST(:venue_id AS BIGINT), registration_ends_local = :registration_ends_local,
    registration_ends_at = CAST(:registration_ends_at AS BIGINT), updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_event_times(org_id, id: EventId, timezone, starts_local, ends_local, starts_at,
--     ends_at, now)!
UPDATE events SET timezone = :timezone, starts_local = :starts_local, ends_local = :ends_local,
    starts_at = :starts_at, ends_at = :ends_at, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: move_event_state(org_id, id: EventId, before: str, state, now)!
-- No row where the event is in another state.
UPDATE events SET state = :state, updated_at = :now
WHERE org_id = :org_id AND id = :id AND state = :before;

-- name: find_stored_state(org_id, id: EventId)^
--     -> (state: str, registration_ends_at: int | None) | None
-- The state as it was set: open, though registration may have ended.
SELECT state, registration_ends_at FROM events WHERE org_id = :org_id AND id = :id;

-- name: list_venues(org_id)
--     -> (id: VenueId, uuid: str, name: str, address: str, city: str, country_code: str,
--         timezone: str, details: str)
SELECT id, uuid, name, address, city, country_code, timezone, details FROM venues
WHERE org_id = :org_id ORDER BY id;

-- name: lock_venue(org_id, id: VenueId)^
--     -> (id: VenueId, uuid: str, name: str, address: str, city: str, country_code: str,
--         timezone: str, details: str) | None
-- Locks the row on PostgreSQL (see the override).
SELECT id, uuid, name, address, city, country_code, timezone, details FROM venues
WHERE org_id = :org_id AND id = :id;

-- name: set_venue(org_id, id: VenueId, name, address, city, country_code, timezone, details, now)!
UPDATE venues SET name = :name, address = :address, city = :city, country_code = :country_code,
    timezone = :timezone, details = :details, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_event_state(org_id, id: EventId, state, now)!
UPDATE events SET state = :state, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: set_event_capacity(org_id, id: EventId, capacity: int | None, now)!
UPDATE events SET capacity = :capacity, updated_at = :now
WHERE org_id = :org_id AND id = :id
    AND (CAST(:capacity AS BIGINT) IS NULL OR held <= :capacity);

-- name: add_session(org_id, id: SessionId, uuid, pak, event_id, title, state, starts_local,
--     ends_local, starts_at, ends_at, capacity: int | None, now)!
INSERT INTO sessions
    (org_id, id, uuid, pak, event_id, title, state, starts_local, ends_local, starts_at, ends_at,
     capacity, created_at, updated_at)
VALUES
    (:org_id, :id, :uuid, :pak, :event_id, :title, :state, :starts_local, :ends_local, :starts_at,
     :ends_at, :capacity, :now, :now);

-- name: list_sessions(org_id, event_id) -> Session
SELECT id, uuid, pak, event_id, title, state, starts_local, ends_local, starts_at, ends_at,
    capacity, held
FROM sessions WHERE org_id = :org_id AND event_id = :event_id ORDER BY position, starts_at, id;

-- name: set_session_capacity(org_id, id: SessionId, capacity: int | None, now)$
--     -> EventId | None
UPDATE sessions SET capacity = :capacity, updated_at = :now
WHERE org_id = :org_id AND id = :id
    AND (CAST(:capacity AS BIGINT) IS NULL OR held <= :capacity)
RETURNING event_id;

-- name: find_session_places(org_id, id: SessionId)^ -> (title: str, held: int) | None
SELECT title, held FROM sessions WHERE org_id = :org_id AND id = :id;

-- name: set_session_state(org_id, id: SessionId, state, now)!
UPDATE sessions SET state = :state, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: add_ticket_type(org_id, id: TicketTypeId, event_id, name, is_default, price_minor,
--     currency, capacity: int | None, is_rsvp, is_locked, person_limit: int | None, now)!
INSERT INTO ticket_types
    (org_id, id, event_id, name, is_default, price_minor, currency, capacity, is_rsvp, is_locked,
     person_limit, created_at, updated_at)
VALUES
    (:org_id, :id, :event_id, :name, :is_default, :price_minor, :currency, :capacity, :is_rsvp,
     :is_locked, :person_limit, :now, :now);

-- name: list_ticket_types(org_id, event_id) -> TicketType
SELECT id, event_id, name, is_default, price_minor, currency, capacity, held, is_rsvp, is_locked,
    person_limit, description, position, is_hidden, access_code, sale_starts_at, sale_ends_at
FROM ticket_types WHERE org_id = :org_id AND event_id = :event_id ORDER BY position, id;

-- name: list_all_ticket_types(org_id) -> TicketType
SELECT id, event_id, name, is_default, price_minor, currency, capacity, held, is_rsvp, is_locked,
    person_limit, description, position, is_hidden, access_code, sale_starts_at, sale_ends_at
FROM ticket_types WHERE org_id = :org_id ORDER BY event_id, position, id;

-- name: list_shown(org_id, after, limit, now)
--     -> (event: Event, details: str, cover: str, registration_ends_at: int | None,
--         venue: str | None, address: str | None, city: str | None, country_code: str | None,
--         venue_details: str | None, created_at: int, updated_at: int, profile: str,
--         locale: str)
-- Events with what they and their organization say of themselves, and their venue.
SELECT e.id, e.uuid, e.pak, e.title,
    CASE WHEN e.state = 'open' AND e.registration_ends_at <= :now THEN 'closed' ELSE e.state
        END AS state,
    e.timezone, e.starts_local, e.ends_local, e.starts_at, e.ends_at, e.capacity, e.held, e.details,
    e.cover, e.registration_ends_at, v.name AS venue, v.address, v.city, v.country_code,
    v.details AS venue_details, e.created_at, e.updated_at, o.profile, o.locale
FROM events e JOIN organizations o ON o.org_id = e.org_id
LEFT JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id
WHERE e.org_id = :org_id AND e.id > :after ORDER BY e.id LIMIT :limit;

-- name: list_announced(org_id, now) -> (event: Event, details: str)
-- What anybody may know of and is not over, exams left out: their seats are booked.
SELECT e.id, e.uuid, e.pak, e.title,
    CASE WHEN e.state = 'open' AND e.registration_ends_at <= :now THEN 'closed' ELSE e.state
        END AS state,
    e.timezone, e.starts_local, e.ends_local, e.starts_at, e.ends_at, e.capacity, e.held, e.details
FROM events e
WHERE e.org_id = :org_id AND e.ends_at > :now AND e.state IN ('open', 'closed')
    AND NOT EXISTS (SELECT 1 FROM exams x WHERE x.org_id = e.org_id AND x.event_id = e.id)
ORDER BY e.starts_at, e.id LIMIT 1000;

-- name: set_ticket_capacity(org_id, id: TicketTypeId, capacity: int | None, now)$
--     -> EventId | None
UPDATE ticket_types SET capacity = :capacity, updated_at = :now
WHERE org_id = :org_id AND id = :id
    AND (CAST(:capacity AS BIGINT) IS NULL OR held <= :capacity)
RETURNING event_id;

-- name: find_type_places(org_id, id: TicketTypeId)^ -> (name: str, held: int) | None
SELECT name, held FROM ticket_types WHERE org_id = :org_id AND id = :id;

-- name: set_person_limit(org_id, id: TicketTypeId, person_limit: int | None, now)!
UPDATE ticket_types SET person_limit = :person_limit, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- == registration passwords ==

-- name: put_registration_password(org_id, event_id, hash, now)!
INSERT INTO registration_passwords (org_id, event_id, hash, updated_at)
VALUES (:org_id, :event_id, :hash, :now)
ON CONFLICT (org_id, event_id) DO UPDATE SET
    hash = excluded.hash, updated_at = excluded.updated_at;

-- name: delete_registration_password(org_id, event_id)!
DELETE FROM registration_passwords WHERE org_id = :org_id AND event_id = :event_id;

-- name: find_registration_password(event_id: EventId)^ -> passwords.RegistrationPassword | None
-- crosses organizations: a program that registers people names the event alone.
SELECT p.org_id, p.event_id, p.hash AS hashed
FROM directory d
JOIN registration_passwords p ON p.org_id = d.org_id AND p.event_id = d.target_id
WHERE d.namespace = 'event' AND d.name = CAST(:event_id AS TEXT) AND d.noun = 'event';

-- == programmes ==

-- name: list_all_speakers(org_id) -> Speaker
SELECT id, event_id, name, headline, description, picture, position FROM speakers
WHERE org_id = :org_id ORDER BY event_id, position, id;

-- name: list_entries(org_id, event_id: EventId | None)
--     -> (event_id: EventId, id: SessionId, title: str, state: str, starts_at: int, ends_at: int,
--         description: str, track: str, room: str, speaker_ids: str)
-- The programme of one event, or with None of all; the numbers are JSON.
SELECT event_id, id, title, state, starts_at, ends_at, description, track, room, speaker_ids
FROM sessions
WHERE org_id = :org_id
    AND (CAST(:event_id AS BIGINT) IS NULL OR event_id = :event_id)
ORDER BY event_id, position, starts_at, id;

-- == removing ==

-- name: get_event_names(org_id, id: EventId)^ -> (state: str, pak: str, uuid: str, title: str)
SELECT state, pak, uuid, title FROM events WHERE org_id = :org_id AND id = :id;

-- name: is_event_in_use(org_id, event_id)$ -> int
-- Whether anything is kept about people for the event, or it is an exam.
SELECT CASE WHEN EXISTS (
        SELECT 1 FROM registrations r WHERE r.org_id = :org_id AND r.event_id = :event_id)
    OR EXISTS (SELECT 1 FROM campaigns c WHERE c.org_id = :org_id AND c.event_id = :event_id)
    OR EXISTS (SELECT 1 FROM waiting_entries w
        WHERE w.org_id = :org_id AND w.event_id = :event_id)
    OR EXISTS (SELECT 1 FROM exams x WHERE x.org_id = :org_id AND x.event_id = :event_id)
    OR EXISTS (SELECT 1 FROM surveys s WHERE s.org_id = :org_id AND s.event_id = :event_id)
    OR EXISTS (SELECT 1 FROM scans n WHERE n.org_id = :org_id AND n.event_id = :event_id)
    OR EXISTS (SELECT 1 FROM credentials k
        WHERE k.org_id = :org_id AND k.event_id = :event_id AND k.revoked_at IS NULL)
    THEN 1 ELSE 0 END;

-- name: list_session_paks(org_id, event_id) -> (pak: str)
SELECT pak FROM sessions WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: delete_event_gates(org_id, event_id)!
DELETE FROM gates WHERE org_id = :org_id AND event_id = :event_id;

-- name: delete_event_speakers(org_id, event_id)!
DELETE FROM speakers WHERE org_id = :org_id AND event_id = :event_id;

-- name: delete_event_media(org_id, event_id)!
DELETE FROM session_media WHERE org_id = :org_id AND session_id IN (
    SELECT id FROM sessions WHERE org_id = :org_id AND event_id = :event_id);

-- name: delete_event_sessions(org_id, event_id)!
DELETE FROM sessions WHERE org_id = :org_id AND event_id = :event_id;

-- name: delete_event_ticket_types(org_id, event_id)!
DELETE FROM ticket_types WHERE org_id = :org_id AND event_id = :event_id;

-- name: delete_event_channels(org_id, event_id)!
DELETE FROM channel_events WHERE org_id = :org_id AND event_id = :event_id;

-- name: delete_event_password(org_id, event_id)!
DELETE FROM registration_passwords WHERE org_id = :org_id AND event_id = :event_id;

-- name: delete_event_retention(org_id, event_id)!
DELETE FROM retention_rules WHERE org_id = :org_id AND event_id = :event_id;

-- name: delete_event_readers(org_id, event_id)!
DELETE FROM reporting_user_events WHERE org_id = :org_id AND event_id = :event_id;

-- name: delete_event(org_id, id: EventId)!
DELETE FROM events WHERE org_id = :org_id AND id = :id;

-- == pictures ==

-- name: has_picture(org_id, digest)$ -> int | None
SELECT 1 FROM pictures WHERE org_id = :org_id AND digest = :digest;

-- == sessions ==

-- name: list_session_texts(org_id, event_id)
--     -> (id: SessionId, description: str, track: str, room: str, position: int,
--         ticket_type_ids: str, speaker_ids: str)
-- The two lists are JSON.
SELECT id, description, track, room, position, ticket_type_ids, speaker_ids FROM sessions
WHERE org_id = :org_id AND event_id = :event_id ORDER BY position, starts_at, id;

-- name: lock_session(org_id, id: SessionId)^
--     -> (event_id: EventId, title: str, starts_local: str, ends_local: str, pak: str, held: int,
--         description: str, track: str, room: str, position: int, ticket_type_ids: str,
--         speaker_ids: str) | None
-- Locks the row on PostgreSQL (see the override).
SELECT event_id, title, starts_local, ends_local, pak, held, description, track, room, position,
    ticket_type_ids, speaker_ids
FROM sessions WHERE org_id = :org_id AND id = :id;

-- name: set_session_text(org_id, id: SessionId, title, description, track, room, position: int,
--     ticket_type_ids, speaker_ids, now)!
UPDATE sessions SET title = :title, description = :description, track = :track, room = :room,
    position = :position, ticket_type_ids = :ticket_type_ids, speaker_ids = :speaker_ids,
    updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_session_times(org_id, id: SessionId, starts_local, ends_local, starts_at, ends_at,
--     now)!
UPDATE sessions SET starts_local = :starts_local, ends_local = :ends_local,
    starts_at = :starts_at, ends_at = :ends_at, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: is_session_in_use(org_id, id: SessionId)$ -> int
SELECT CASE WHEN EXISTS (
        SELECT 1 FROM session_bookings b WHERE b.org_id = :org_id AND b.session_id = :id)
    OR EXISTS (SELECT 1 FROM surveys s JOIN sessions x ON x.org_id = s.org_id AND x.id = :id
        WHERE s.org_id = :org_id AND s.event_id = x.event_id AND s.session_id = :id)
    OR EXISTS (SELECT 1 FROM viewings v JOIN sessions x ON x.org_id = v.org_id AND x.id = :id
        WHERE v.org_id = :org_id AND v.event_id = x.event_id AND v.session_id = :id)
    OR EXISTS (SELECT 1 FROM questions q JOIN sessions x ON x.org_id = q.org_id AND x.id = :id
        WHERE q.org_id = :org_id AND q.event_id = x.event_id AND q.session_id = :id)
    THEN 1 ELSE 0 END;

-- name: delete_session_media(org_id, session_id)!
DELETE FROM session_media WHERE org_id = :org_id AND session_id = :session_id;

-- name: delete_session(org_id, id: SessionId)!
-- No row where somebody holds a place.
DELETE FROM sessions WHERE org_id = :org_id AND id = :id AND held = 0;

-- == ticket types ==

-- name: lock_ticket_type(org_id, event_id, id: TicketTypeId)^
--     -> (name: str, description: str, price_minor: int, currency: str, position: int,
--         is_hidden: int, is_locked: int, access_code: str, sale_starts_local: str,
--         sale_ends_local: str) | None
-- Locks the row on PostgreSQL (see the override).
SELECT name, description, price_minor, currency, position, is_hidden, is_locked, access_code,
    sale_starts_local, sale_ends_local
FROM ticket_types WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: set_ticket_type(org_id, id: TicketTypeId, name, description, price_minor, currency,
--     position: int, is_hidden, is_locked, access_code, sale_starts_local, sale_starts_at: int |
--     None, sale_ends_local, sale_ends_at: int | None, now)!
UPDATE ticket_types SET name = :name, description = :description, price_minor = :price_minor,
    currency = :currency, position = :position, is_hidden = :is_hidden, is_locked = :is_locked,
    access_code = :access_code, sale_starts_local = :sale_starts_local,
    sale_starts_at = CAST(:sale_starts_at AS BIGINT), sale_ends_local = :sale_ends_local,
    sale_ends_at = CAST(:sale_ends_at AS BIGINT), updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- == speakers ==

-- name: add_speaker(org_id, id: SpeakerId, event_id, name, headline, description, picture,
--     position: int, now)!
INSERT INTO speakers (org_id, id, event_id, name, headline, description, picture, position,
    created_at, updated_at)
VALUES (:org_id, :id, :event_id, :name, :headline, :description, :picture, :position, :now, :now);

-- name: list_speakers(org_id, event_id) -> Speaker
SELECT id, event_id, name, headline, description, picture, position FROM speakers
WHERE org_id = :org_id AND event_id = :event_id ORDER BY position, id;

-- name: set_speaker(org_id, event_id, id: SpeakerId, name, headline, description, picture,
--     position: int, now)!
UPDATE speakers SET name = :name, headline = :headline, description = :description,
    picture = :picture, position = :position, updated_at = :now
WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: delete_speaker(org_id, event_id, id: SpeakerId)!
DELETE FROM speakers WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- == copies ==

-- name: is_exam_event(org_id, event_id)$ -> int | None
SELECT 1 FROM exams WHERE org_id = :org_id AND event_id = :event_id;

-- name: list_gate_copies(org_id, event_id)
--     -> (name: str, ticket_type_ids: str, session_ids: str)
-- The two lists are JSON.
SELECT name, ticket_type_ids, session_ids FROM gates
WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: add_gate_copy(org_id, id: GateId, event_id, name, ticket_type_ids, session_ids, now)!
INSERT INTO gates (org_id, id, event_id, name, ticket_type_ids, session_ids, created_at)
VALUES (:org_id, :id, :event_id, :name, :ticket_type_ids, :session_ids, :now);

-- name: list_survey_copies(org_id, event_id)
--     -> (session_id: SessionId | None, is_poll: int, title: str, items: str, is_open: int)
SELECT session_id, is_poll, title, items, is_open FROM surveys
WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: add_survey_copy(org_id, id: SurveyId, event_id, session_id: SessionId | None,
--     is_poll: int, title, items, is_open: int, now)!
INSERT INTO surveys
    (org_id, id, event_id, session_id, is_poll, title, items, is_open, created_at, updated_at)
VALUES (:org_id, :id, :event_id, CAST(:session_id AS BIGINT), :is_poll, :title, :items, :is_open,
    :now, :now);

-- name: list_event_channels(org_id, event_id) -> (channel_id: ChannelId)
SELECT channel_id FROM channel_events
WHERE org_id = :org_id AND event_id = :event_id ORDER BY channel_id;

-- name: copy_mail_texts(org_id, source: EventId, target: EventId, now)!
INSERT INTO mail_texts (org_id, event_id, kind, language, subject, body, updated_at)
SELECT org_id, :target, kind, language, subject, body, :now FROM mail_texts
WHERE org_id = :org_id AND event_id = :source;

-- name: copy_event_choices(org_id, source: EventId, target: EventId)!
-- What the event chose for those who register by API and for its waiting list.
UPDATE events SET
    mails_api_tickets = (SELECT e.mails_api_tickets FROM events e
        WHERE e.org_id = :org_id AND e.id = :source),
    waits_when_full = (SELECT e.waits_when_full FROM events e
        WHERE e.org_id = :org_id AND e.id = :source),
    waiting_hours = (SELECT e.waiting_hours FROM events e
        WHERE e.org_id = :org_id AND e.id = :source)
WHERE org_id = :org_id AND id = :target;
