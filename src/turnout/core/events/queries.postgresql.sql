-- name: lock_event_text(org_id, id: EventId)^
--     -> (title: str, details: str, cover: str, venue_id: VenueId | None, timezone: str,
--         starts_local: str, ends_local: str, registration_ends_local: str) | None
SELECT title, details, cover, venue_id, timezone, starts_local, ends_local, registration_ends_local
FROM events WHERE org_id = :org_id AND id = :id FOR UPDATE;

-- name: lock_venue(org_id, id: VenueId)^
--     -> (id: VenueId, uuid: str, name: str, address: str, city: str, country_code: str,
--         timezone: str, details: str) | None
SELECT id, uuid, name, address, city, country_code, timezone, details FROM venues
WHERE org_id = :org_id AND id = :id FOR UPDATE;
