-- name: lock_event_text(org_id, id: EventId)^
--     -> (title: str, details: str, cover: str, venue_id: VenueId | None, timezone: str,
--         starts_local: str, ends_local: str, registration_ends_local: str) | None
SELECT title, details, cover, venue_id, timezone, starts_local, ends_local, registration_ends_local
FROM events WHERE org_id = :org_id AND id = :id FOR UPDATE;

-- name: lock_channel(org_id, id: ChannelId)^ -> Channel | None
SELECT id, uuid, pak, title FROM channels WHERE org_id = :org_id AND id = :id FOR UPDATE;

-- name: lock_venue(org_id, id: VenueId)^
--     -> (id: VenueId, uuid: str, name: str, address: str, city: str, country_code: str,
--         timezone: str, details: str) | None
SELECT id, uuid, name, address, city, country_code, timezone, details FROM venues
WHERE org_id = :org_id AND id = :id FOR UPDATE;

-- name: lock_session(org_id, id: SessionId)^
--     -> (event_id: EventId, title: str, starts_local: str, ends_local: str, pak: str, held: int,
--         description: str, track: str, room: str, position: int, ticket_type_ids: str,
--         speaker_ids: str) | None
SELECT event_id, title, starts_local, ends_local, pak, held, description, track, room, position,
    ticket_type_ids, speaker_ids
FROM sessions WHERE org_id = :org_id AND id = :id FOR UPDATE;

-- name: lock_ticket_type(org_id, event_id, id: TicketTypeId)^
--     -> (name: str, description: str, price_minor: int, currency: str, position: int,
--         is_hidden: int, is_locked: int, access_code: str, sale_starts_local: str,
--         sale_ends_local: str) | None
SELECT name, description, price_minor, currency, position, is_hidden, is_locked, access_code,
    sale_starts_local, sale_ends_local
FROM ticket_types WHERE org_id = :org_id AND event_id = :event_id AND id = :id FOR UPDATE;
