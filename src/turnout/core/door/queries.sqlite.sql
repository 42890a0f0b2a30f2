-- name: list_tickets_of(org_id, event_id, ids)
--     -> (TicketId, str, str, str, TicketTypeId, int, int | None, RegistrationId, int)
-- `list_all_tickets` of those registrations; `ids` is a JSON list. They are looked up by their
-- keys: as one statement with what finds them, SQLite would read whole tables for Bloom filters.
-- use: snapshot_columns
FROM json_each(:ids) c
CROSS JOIN registrations r ON r.org_id = :org_id AND r.id = c.value
CROSS JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
LEFT JOIN parties g ON g.org_id = r.org_id AND g.id = r.party_id
LEFT JOIN registrations h ON h.org_id = g.org_id AND h.event_id = g.event_id
    AND h.person_id = g.contact_id
WHERE r.org_id = :org_id AND r.event_id = :event_id;
