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

-- name: lock_channel(org_id, id: ChannelId)^ -> Channel | None
-- Locks the row on PostgreSQL (see the override): no event comes in while a series is deleted.
SELECT id, uuid, pak, title FROM channels WHERE org_id = :org_id AND id = :id;

-- name: set_channel_title(org_id, id: ChannelId, title, now)!
UPDATE channels SET title = :title, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: delete_channel(org_id, id: ChannelId)!
DELETE FROM channels WHERE org_id = :org_id AND id = :id;

-- name: delete_channel_event(org_id, channel_id: ChannelId, event_id: EventId)!
DELETE FROM channel_events
WHERE org_id = :org_id AND channel_id = :channel_id AND event_id = :event_id;

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

-- name: find_event_text(org_id, id: EventId)^
--     -> (venue_id: VenueId | None, registration_ends_local: str) | None
-- What the view of an event leaves out.
SELECT venue_id, registration_ends_local FROM events WHERE org_id = :org_id AND id = :id;

-- name: set_event_text(org_id, id: EventId, title, details, cover, venue_id: VenueId | None,
--     registration_ends_local, registration_ends_at: int | None, now)!
UPDATE events SET title = :title, details = :details, cover = :cover,
    venue_id = CAST(:venue_id AS BIGINT), registration_ends_local = :registration_ends_local,
    registration_ends_at = CAST(:registration_ends_at AS BIGINT), updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_event_details(org_id, id: EventId, details, now)!
UPDATE events SET details = :details, updated_at = :now WHERE org_id = :org_id AND id = :id;

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

-- part: postponed
-- Events that are postponed without a new date: few, in an index of their own (events_date_open),
-- whose condition this is to the letter.
SELECT p.id, p.starts_at, p.ends_at, p.state FROM events p
WHERE p.org_id = :org_id
    AND CASE WHEN replace(p.details, '"is_date_open"', '') <> p.details THEN 1 ELSE 0 END = 1
    AND p.state <> 'cancelled'

-- name: list_announced(org_id, date_open: str, now) -> (event: Event, details: str)
-- What anybody may know of and is not over, then what has no date, exams left out: their seats are
-- booked.
WITH postponed AS (
    -- use: postponed
)
SELECT e.id, e.uuid, e.pak, e.title,
    CASE WHEN e.state = 'open' AND e.registration_ends_at <= :now THEN 'closed' ELSE e.state
        END AS state,
    e.timezone, e.starts_local, e.ends_local, e.starts_at, e.ends_at, e.capacity, e.held, e.details
FROM events e
WHERE e.org_id = :org_id AND e.id IN (
        SELECT c.id FROM events c WHERE c.org_id = :org_id AND c.ends_at > :now
        UNION ALL SELECT id FROM postponed)
    AND e.state IN ('open', 'closed')
    AND NOT EXISTS (SELECT 1 FROM exams x WHERE x.org_id = e.org_id AND x.event_id = e.id)
ORDER BY e.details LIKE :date_open, e.starts_at, e.id LIMIT 1000;

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
--         description: str, track: str, room: str, speaker_ids: str, ticket_type_ids: str,
--         capacity: int | None, held: int)
-- The programme of one event, or with None of all; the numbers are JSON.
SELECT event_id, id, title, state, starts_at, ends_at, description, track, room, speaker_ids,
    ticket_type_ids, capacity, held
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

-- name: delete_event_pairings(org_id, event_id)!
DELETE FROM pairing_codes WHERE org_id = :org_id AND event_id = :event_id;

-- name: delete_event_posts(org_id, event_id)!
DELETE FROM door_posts WHERE org_id = :org_id AND event_id = :event_id;

-- name: delete_event_printers(org_id, event_id)!
DELETE FROM door_printers WHERE org_id = :org_id AND event_id = :event_id;

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

-- name: delete_event_report_links(org_id, event_id)!
DELETE FROM report_links WHERE org_id = :org_id AND event_id = :event_id;

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

-- name: list_sale_times(org_id, event_id)
--     -> (id: TicketTypeId, sale_starts_local: str, sale_ends_local: str)
-- As they were planned.
SELECT id, sale_starts_local, sale_ends_local FROM ticket_types
WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

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
--     -> (name: str, ticket_type_ids: str, session_ids: str, has_exit: int, day: str)
-- The two lists are JSON.
SELECT name, ticket_type_ids, session_ids, has_exit, day FROM gates
WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: add_gate_copy(org_id, id: GateId, event_id, name, ticket_type_ids, session_ids,
--     has_exit: int, day, now)!
INSERT INTO gates (org_id, id, event_id, name, ticket_type_ids, session_ids, has_exit, day,
    created_at)
VALUES (:org_id, :id, :event_id, :name, :ticket_type_ids, :session_ids, :has_exit, :day, :now);

-- name: list_gate_days(org_id, event_id) -> (id: GateId, day: str)
-- The gates that are open on one day.
SELECT id, day FROM gates
WHERE org_id = :org_id AND event_id = :event_id AND day <> '' ORDER BY id;

-- name: set_gate_day(org_id, event_id, id: GateId, day)!
UPDATE gates SET day = :day WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

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

-- == lists ==

-- name: count_shelves(org_id, now) -> (shelf: str, total: int)
-- By an index alone, and then those that come again although they are over.
WITH postponed AS MATERIALIZED (
    -- use: postponed
), late AS MATERIALIZED (
    SELECT count(*) AS total FROM postponed WHERE state <> 'draft' AND ends_at <= :now
)
SELECT shelf, CAST(sum(total) AS BIGINT) AS total FROM (
    SELECT CASE WHEN state IN ('draft', 'cancelled') THEN state ELSE 'coming' END AS shelf,
        count(*) AS total
    FROM events WHERE org_id = :org_id AND ends_at > :now GROUP BY 1
    UNION ALL
    SELECT CASE WHEN state IN ('draft', 'cancelled') THEN state ELSE 'past' END, count(*)
    FROM events WHERE org_id = :org_id AND ends_at <= :now GROUP BY 1
    UNION ALL SELECT 'coming', total FROM late
    UNION ALL SELECT 'past', -total FROM late
) counted GROUP BY shelf HAVING sum(total) > 0;

-- part: listed_events
-- Events as lists show them, with their venue and what is in them.
SELECT e.id, e.uuid, e.pak, e.title,
    CASE WHEN e.state = 'open' AND e.registration_ends_at <= :now THEN 'closed' ELSE e.state
        END AS state,
    e.timezone, e.starts_local, e.ends_local, e.starts_at, e.ends_at, e.capacity, e.held,
    v.name AS venue, v.city, e.registration_ends_at, e.remind_at,
    (SELECT count(*) FROM sessions s WHERE s.org_id = e.org_id AND s.event_id = e.id) AS sessions,
    (SELECT count(*) FROM waiting_entries w WHERE w.org_id = e.org_id AND w.event_id = e.id
        AND w.state = 'waiting') AS waiting,
    (SELECT count(*) FROM waiting_entries w WHERE w.org_id = e.org_id AND w.event_id = e.id
        AND w.state = 'offered') AS offered,
    CASE WHEN e.details LIKE :date_open AND e.state <> 'cancelled' THEN 1 ELSE 0 END AS date_open
FROM events e LEFT JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id

-- name: list_rising(org_id, shelf, date_open: str, now, unknown: int, after_at: int,
--     after_id: EventId, limit)
--     -> (event: Event, venue: str | None, city: str | None, registration_ends_at: int | None,
--         remind_at: int | None, sessions: int, waiting: int, offered: int, date_open: int)
-- The first to start first, from the one behind an instant and a number; those whose date is not
-- known, `unknown` ms after it, behind all others. Which these are is asked of indexes alone.
WITH postponed AS MATERIALIZED (
    -- use: postponed
), dated AS MATERIALIZED (
    SELECT d.id, d.starts_at AS comes_at FROM events d
    WHERE d.org_id = :org_id AND (d.starts_at, d.id) > (:after_at, :after_id)
        AND CASE WHEN d.state IN ('draft', 'cancelled') THEN d.state
            WHEN d.ends_at > :now THEN 'coming' ELSE 'past' END = :shelf
        AND d.id NOT IN (SELECT id FROM postponed)
    ORDER BY d.starts_at, d.id LIMIT :limit
), chosen AS MATERIALIZED (
    SELECT id, comes_at FROM dated
    UNION ALL
    SELECT p.id, p.starts_at + :unknown FROM postponed p
    WHERE (p.starts_at + :unknown, p.id) > (:after_at, :after_id)
        AND CASE WHEN p.state = 'draft' THEN p.state ELSE 'coming' END = :shelf
    ORDER BY 2, 1 LIMIT :limit
)
-- use: listed_events
JOIN chosen c ON c.id = e.id
WHERE e.org_id = :org_id
ORDER BY c.comes_at, c.id;

-- name: list_falling(org_id, shelf, date_open: str, now, after_at: int, after_id: EventId, limit)
--     -> (event: Event, venue: str | None, city: str | None, registration_ends_at: int | None,
--         remind_at: int | None, sessions: int, waiting: int, offered: int, date_open: int)
-- The last to start first, from the one behind an instant and a number.
WITH postponed AS MATERIALIZED (
    -- use: postponed
), chosen AS MATERIALIZED (
    SELECT d.id FROM events d
    WHERE d.org_id = :org_id AND (d.starts_at, d.id) < (:after_at, :after_id)
        AND CASE WHEN d.state IN ('draft', 'cancelled') THEN d.state
            WHEN d.ends_at > :now THEN 'coming' ELSE 'past' END = :shelf
        AND d.id NOT IN (SELECT id FROM postponed)
    ORDER BY d.starts_at DESC, d.id DESC LIMIT :limit
)
-- use: listed_events
JOIN chosen c ON c.id = e.id
WHERE e.org_id = :org_id
ORDER BY e.starts_at DESC, e.id DESC;

-- name: is_date_open(org_id, id: EventId, date_open: str)$ -> int | None
SELECT 1 FROM events
WHERE org_id = :org_id AND id = :id AND details LIKE :date_open AND state <> 'cancelled';

-- name: list_date_open(org_id) -> (id: EventId)
-- Those that are postponed without a new date.
WITH postponed AS (
    -- use: postponed
)
SELECT id FROM postponed;

-- name: list_channel_members(org_id, channel_id: ChannelId, date_open: str, now)
--     -> (event: Event, venue: str | None, city: str | None, registration_ends_at: int | None,
--         remind_at: int | None, sessions: int, waiting: int, offered: int, date_open: int)
-- In the order of `list_channel_events`.
-- use: listed_events
JOIN channel_events c ON c.org_id = e.org_id AND c.event_id = e.id
WHERE e.org_id = :org_id AND c.channel_id = :channel_id
ORDER BY e.details LIKE :date_open, e.starts_at, e.id;

-- name: list_channel_choices(org_id, channel_id: ChannelId, now, limit) -> Event
SELECT e.id, e.uuid, e.pak, e.title,
    CASE WHEN e.state = 'open' AND e.registration_ends_at <= :now THEN 'closed' ELSE e.state
        END AS state,
    e.timezone, e.starts_local, e.ends_local, e.starts_at, e.ends_at, e.capacity, e.held
FROM events e
WHERE e.org_id = :org_id AND e.state <> 'cancelled'
    AND NOT EXISTS (SELECT 1 FROM channel_events c
        WHERE c.org_id = e.org_id AND c.channel_id = :channel_id AND c.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM exams x WHERE x.org_id = e.org_id AND x.event_id = e.id)
ORDER BY e.starts_at DESC, e.id DESC LIMIT :limit;

-- name: list_channel_counts(org_id)
--     -> (channel_id: ChannelId, event_id: EventId, registered: int)
-- Those for whom a place is held are not registered yet.
SELECT c.channel_id, c.event_id, e.held - (SELECT count(*) FROM waiting_entries w
    WHERE w.org_id = e.org_id AND w.event_id = e.id AND w.state = 'offered') AS registered
FROM channel_events c JOIN events e ON e.org_id = c.org_id AND e.id = c.event_id
WHERE c.org_id = :org_id ORDER BY c.channel_id, c.event_id;

-- == arranging ==

-- name: set_session_position(org_id, id: SessionId, position: int, now)!
UPDATE sessions SET position = :position, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: set_type_position(org_id, id: TicketTypeId, position: int, now)!
UPDATE ticket_types SET position = :position, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: count_type_uses(org_id, event_id, id: TicketTypeId)^
--     -> (tickets: int, waiting: int, invitations: int)
-- Tickets of a type that were ever issued, people who were ever on the waiting list for it, and
-- campaigns that invite to it.
SELECT
    (SELECT count(*) FROM tickets t JOIN registrations r
        ON r.org_id = t.org_id AND r.id = t.registration_id
        WHERE r.org_id = :org_id AND r.event_id = :event_id AND t.ticket_type_id = :id) AS tickets,
    (SELECT count(*) FROM waiting_entries w
        WHERE w.org_id = :org_id AND w.event_id = :event_id AND w.ticket_type_id = :id) AS waiting,
    (SELECT count(*) FROM campaigns c
        WHERE c.org_id = :org_id AND c.event_id = :event_id AND c.ticket_type_id = :id)
        AS invitations;

-- name: list_type_names(org_id, event_id) -> (noun: str, name: str, ticket_type_ids: str)
-- What names ticket types; the numbers are JSON.
SELECT 'session' AS noun, title AS name, ticket_type_ids FROM sessions
WHERE org_id = :org_id AND event_id = :event_id
UNION ALL
SELECT 'gate', name, ticket_type_ids FROM gates
WHERE org_id = :org_id AND event_id = :event_id
UNION ALL
SELECT 'question', name, ticket_type_ids FROM event_questions
WHERE org_id = :org_id AND event_id = :event_id
ORDER BY 1, 2;

-- name: has_registered_type(org_id, event_id, id: TicketTypeId)$ -> int | None
SELECT 1 FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND ticket_type_id = :id LIMIT 1;

-- name: delete_ticket_type(org_id, event_id, id: TicketTypeId)!
DELETE FROM ticket_types
WHERE org_id = :org_id AND event_id = :event_id AND id = :id AND held = 0 AND is_default = 0;

-- == names of pages ==

-- name: find_named_page(org_id, noun, name)^
--     -> (target_id: int, current_name: str | None) | None
-- What has the name, or had it, and the name that it has now.
SELECT n.target_id, (
    SELECT c.name FROM page_names c WHERE c.org_id = :org_id AND c.noun = n.noun
        AND c.target_id = n.target_id AND c.is_current = 1) AS current_name
FROM page_names n WHERE n.org_id = :org_id AND n.noun = :noun AND n.name = :name;

-- name: find_page_name(org_id, noun, target_id: int)$ -> str | None
SELECT name FROM page_names
WHERE org_id = :org_id AND noun = :noun AND target_id = :target_id AND is_current = 1;

-- name: list_page_names(org_id, noun) -> (target_id: int, name: str)
SELECT target_id, name FROM page_names
WHERE org_id = :org_id AND noun = :noun AND is_current = 1 ORDER BY target_id;

-- name: end_page_name(org_id, noun, target_id: int)!
UPDATE page_names SET is_current = 0
WHERE org_id = :org_id AND noun = :noun AND target_id = :target_id AND is_current = 1;

-- name: take_page_name(org_id, noun, name, target_id: int, now)!
-- No row where another thing has the name now.
INSERT INTO page_names (org_id, noun, name, target_id, is_current, created_at)
VALUES (:org_id, :noun, :name, :target_id, 1, :now)
ON CONFLICT (org_id, noun, name) DO UPDATE SET
    target_id = excluded.target_id, is_current = 1, created_at = excluded.created_at
WHERE page_names.is_current = 0;

-- name: delete_event_names(org_id, event_id)!
DELETE FROM page_names WHERE org_id = :org_id AND noun = 'event' AND target_id = :event_id;

-- name: delete_series_names(org_id, channel_id: ChannelId)!
DELETE FROM page_names WHERE org_id = :org_id AND noun = 'series' AND target_id = :channel_id;

-- name: list_channel_events(org_id, channel_id: ChannelId, date_open: str) -> (event_id: EventId)
-- Those without a date behind the others.
SELECT c.event_id FROM channel_events c
JOIN events e ON e.org_id = c.org_id AND e.id = c.event_id
WHERE c.org_id = :org_id AND c.channel_id = :channel_id
ORDER BY e.details LIKE :date_open, e.starts_at, e.id;

-- name: list_past(org_id, date_open: str, now, limit) -> (event: Event, details: str)
-- What anybody may know of and is over, the last first, exams left out.
SELECT e.id, e.uuid, e.pak, e.title, e.state, e.timezone, e.starts_local, e.ends_local, e.starts_at,
    e.ends_at, e.capacity, e.held, e.details
FROM events e
WHERE e.org_id = :org_id AND e.ends_at <= :now AND e.state IN ('open', 'closed')
    AND e.details NOT LIKE :date_open
    AND NOT EXISTS (SELECT 1 FROM exams x WHERE x.org_id = e.org_id AND x.event_id = e.id)
ORDER BY e.ends_at DESC, e.id DESC LIMIT :limit;

-- == cards ==

-- name: list_due_cards(now, limit: int) -> (org_id: OrgId, event_id: EventId, digest: str | None)
-- crosses organizations: one worker makes the pictures of all.
SELECT e.org_id, e.id AS event_id, c.digest FROM events e
JOIN organizations o ON o.org_id = e.org_id
LEFT JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id
LEFT JOIN event_cards c ON c.org_id = e.org_id AND c.event_id = e.id
WHERE e.state IN ('open', 'closed') AND e.ends_at > :now
    AND (c.checked_at IS NULL OR c.checked_at < e.updated_at OR c.checked_at < o.updated_at
        OR c.checked_at < v.updated_at)
ORDER BY CASE WHEN c.checked_at IS NULL THEN 0 ELSE c.checked_at END, e.org_id, e.id LIMIT :limit;

-- name: note_card(org_id, event_id, checked_at: int)!
UPDATE event_cards SET checked_at = :checked_at WHERE org_id = :org_id AND event_id = :event_id;

-- name: put_card(org_id, event_id, digest, content: bytes, checked_at: int)!
INSERT INTO event_cards (org_id, event_id, digest, content, checked_at)
VALUES (:org_id, :event_id, :digest, :content, :checked_at)
ON CONFLICT (org_id, event_id) DO UPDATE SET digest = excluded.digest,
    content = excluded.content, checked_at = excluded.checked_at;

-- name: find_card(org_id, event_id)$ -> str | None
SELECT digest FROM event_cards WHERE org_id = :org_id AND event_id = :event_id;

-- name: read_card(org_id, event_id, digest)$ -> bytes | None
-- None of an event that is a draft again.
SELECT c.content FROM event_cards c JOIN events e ON e.org_id = c.org_id AND e.id = c.event_id
WHERE c.org_id = :org_id AND c.event_id = :event_id AND c.digest = :digest AND e.state <> 'draft';
