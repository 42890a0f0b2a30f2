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

-- name: find_event(org_id, id: EventId)^ -> Event | None
SELECT id, uuid, pak, title, state, timezone, starts_local, ends_local, starts_at, ends_at,
    capacity, held
FROM events WHERE org_id = :org_id AND id = :id;

-- name: list_events(org_id, after, limit) -> Event
SELECT id, uuid, pak, title, state, timezone, starts_local, ends_local, starts_at, ends_at,
    capacity, held
FROM events WHERE org_id = :org_id AND id > :after ORDER BY id LIMIT :limit;

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
FROM sessions WHERE org_id = :org_id AND event_id = :event_id ORDER BY starts_at, id;

-- name: set_session_capacity(org_id, id: SessionId, capacity: int | None, now)$
--     -> EventId | None
UPDATE sessions SET capacity = :capacity, updated_at = :now
WHERE org_id = :org_id AND id = :id
    AND (CAST(:capacity AS BIGINT) IS NULL OR held <= :capacity)
RETURNING event_id;

-- name: find_session_event(org_id, id: SessionId)$ -> EventId | None
SELECT event_id FROM sessions WHERE org_id = :org_id AND id = :id;

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
    person_limit
FROM ticket_types WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: list_all_ticket_types(org_id) -> TicketType
SELECT id, event_id, name, is_default, price_minor, currency, capacity, held, is_rsvp, is_locked,
    person_limit
FROM ticket_types WHERE org_id = :org_id ORDER BY event_id, id;

-- name: list_shown(org_id, after, limit)
--     -> (event: Event, details: str, venue: str | None, address: str | None, city: str | None,
--         country_code: str | None, venue_details: str | None, created_at: int,
--         updated_at: int)
-- Events with what they say of themselves, and their venue.
SELECT e.id, e.uuid, e.pak, e.title, e.state, e.timezone, e.starts_local, e.ends_local, e.starts_at,
    e.ends_at, e.capacity, e.held, e.details, v.name AS venue, v.address, v.city, v.country_code,
    v.details AS venue_details, e.created_at, e.updated_at
FROM events e LEFT JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id
WHERE e.org_id = :org_id AND e.id > :after ORDER BY e.id LIMIT :limit;

-- name: set_ticket_capacity(org_id, id: TicketTypeId, capacity: int | None, now)$
--     -> EventId | None
UPDATE ticket_types SET capacity = :capacity, updated_at = :now
WHERE org_id = :org_id AND id = :id
    AND (CAST(:capacity AS BIGINT) IS NULL OR held <= :capacity)
RETURNING event_id;

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
