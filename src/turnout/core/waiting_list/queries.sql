-- name: find_open_entry(org_id, event_id, person_id)^ -> entries.Entry | None
SELECT id, event_id, ticket_type_id, person_id, state, deadline_at, sti, reason, extras, language
FROM waiting_entries
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id
    AND state IN ('waiting', 'offered');

-- name: lock_offer(org_id, event_id, person_id, now)^ -> entries.Entry | None
-- The place that is offered to somebody now; held until this transaction ends.
UPDATE waiting_entries SET updated_at = updated_at
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id
    AND state = 'offered' AND deadline_at > :now
RETURNING id, event_id, ticket_type_id, person_id, state, deadline_at, sti, reason, extras,
    language;

-- name: add_entry(org_id, id: EntryId, event_id, ticket_type_id, person_id, sti, extras, language,
--     now)!
INSERT INTO waiting_entries (org_id, id, event_id, ticket_type_id, person_id, state, sti, extras,
    language, created_at, updated_at)
VALUES (:org_id, :id, :event_id, :ticket_type_id, :person_id, 'waiting', :sti, :extras,
    :language, :now, :now);

-- name: get_entry(org_id, id: EntryId)^ -> entries.Entry | None
SELECT id, event_id, ticket_type_id, person_id, state, deadline_at, sti, reason, extras, language
FROM waiting_entries
WHERE org_id = :org_id AND id = :id;

-- name: lock_entry(org_id, id: EntryId)^ -> entries.Entry | None
-- Held until this transaction ends: an answer is decided by one at a time.
UPDATE waiting_entries SET updated_at = updated_at WHERE org_id = :org_id AND id = :id
RETURNING id, event_id, ticket_type_id, person_id, state, deadline_at, sti, reason, extras,
    language;

-- name: find_next(org_id, event_id, now)^ -> (id: EntryId, ticket_type_id: TicketTypeId) | None
-- The first who waits and could be let in, as far as one can see from here. Who waits for a type
-- that is locked, hidden or not on sale is passed over.
SELECT w.id, w.ticket_type_id
FROM waiting_entries w
JOIN events e ON e.org_id = w.org_id AND e.id = w.event_id
JOIN ticket_types y ON y.org_id = w.org_id AND y.id = w.ticket_type_id
WHERE w.org_id = :org_id AND w.event_id = :event_id AND w.state = 'waiting'
    AND y.is_locked = 0 AND y.is_hidden = 0
    AND (y.sale_starts_at IS NULL OR y.sale_starts_at <= :now)
    AND (y.sale_ends_at IS NULL OR y.sale_ends_at > :now)
    AND (y.capacity IS NULL OR y.held < y.capacity) AND (e.capacity IS NULL OR e.held < e.capacity)
ORDER BY w.priority DESC, w.id LIMIT 1;

-- name: get_offer_terms(org_id, id: EventId, now)^
--     -> (state: str, starts_at: int, ends_at: int, registration_ends_at: int | None,
--         waiting_hours: int)
SELECT CASE WHEN state = 'open' AND registration_ends_at <= :now THEN 'closed' ELSE state
    END AS state, starts_at, ends_at, registration_ends_at, waiting_hours
FROM events WHERE org_id = :org_id AND id = :id;

-- name: offer(org_id, id: EntryId, deadline_at, now)!
UPDATE waiting_entries
SET state = 'offered', offered_at = :now, deadline_at = :deadline_at, told_at = NULL,
    reason = '', updated_at = :now
WHERE org_id = :org_id AND id = :id AND state = 'waiting';

-- name: set_entry_state(org_id, id: EntryId, state, now)!
UPDATE waiting_entries SET state = :state, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: set_extras(org_id, id: EntryId, extras, now)!
UPDATE waiting_entries SET extras = :extras, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: list_overdue(now, limit) -> (org_id: OrgId, id: EntryId)
-- crosses organizations: the sweep serves all of them. Offers whose deadline has passed or whose
-- event takes nobody now, and those who wait for an event that is cancelled or over.
SELECT w.org_id, w.id FROM waiting_entries w
JOIN events e ON e.org_id = w.org_id AND e.id = w.event_id
WHERE (w.state = 'offered' AND (w.deadline_at <= :now OR e.state <> 'open'
        OR e.registration_ends_at <= :now)
    OR w.state = 'waiting' AND (e.state = 'cancelled' OR e.ends_at <= :now))
    AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = w.org_id AND c.queue = 'offer'
        AND c.id = w.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY w.deadline_at, w.org_id, w.id LIMIT :limit;

-- name: lock_offers(org_id, event_id) -> entries.Entry
-- The offers of an event, held until this transaction ends (see the override for PostgreSQL).
SELECT id, event_id, ticket_type_id, person_id, state, deadline_at, sti, reason, extras,
    language
FROM waiting_entries WHERE org_id = :org_id AND event_id = :event_id AND state = 'offered'
ORDER BY id;

-- name: withdraw(org_id, id: EntryId, state, reason, is_untold: int, now)!
UPDATE waiting_entries SET state = :state, reason = :reason, deadline_at = NULL,
    told_at = CASE WHEN :is_untold = 1 THEN NULL ELSE told_at END, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: end_waiting(org_id, event_id, reason, now)!
UPDATE waiting_entries SET state = 'lapsed', reason = :reason, updated_at = :now
WHERE org_id = :org_id AND event_id = :event_id AND state = 'waiting';

-- name: wait_again(org_id, event_id, reason, now)!
-- Those whose place on the list ended for this reason, each once, unless they are on it again,
-- registered, or erased: people may have been merged since.
UPDATE waiting_entries SET state = 'waiting', reason = '', updated_at = :now
WHERE org_id = :org_id AND event_id = :event_id AND state = 'lapsed' AND reason = :reason
    AND NOT EXISTS (SELECT 1 FROM waiting_entries o
        WHERE o.org_id = :org_id AND o.event_id = :event_id
            AND o.person_id = waiting_entries.person_id AND (o.state IN ('waiting', 'offered')
                OR o.state = 'lapsed' AND o.reason = :reason AND o.id < waiting_entries.id))
    AND NOT EXISTS (SELECT 1 FROM registrations r
        WHERE r.org_id = :org_id AND r.event_id = :event_id
            AND r.person_id = waiting_entries.person_id AND r.state = 'confirmed')
    AND EXISTS (SELECT 1 FROM people p
        WHERE p.org_id = :org_id AND p.id = waiting_entries.person_id AND p.email <> '');

-- name: list_promotable(now, limit) -> (org_id: OrgId, event_id: EventId)
-- crosses organizations: the sweep serves all of them. Events with somebody who could be let in.
SELECT DISTINCT w.org_id, w.event_id
FROM waiting_entries w
JOIN events e ON e.org_id = w.org_id AND e.id = w.event_id
JOIN ticket_types y ON y.org_id = w.org_id AND y.id = w.ticket_type_id
WHERE w.state = 'waiting' AND e.state = 'open' AND e.ends_at > :now
    AND (e.registration_ends_at IS NULL OR e.registration_ends_at > :now)
    AND y.is_locked = 0 AND y.is_hidden = 0
    AND (y.sale_starts_at IS NULL OR y.sale_starts_at <= :now)
    AND (y.sale_ends_at IS NULL OR y.sale_ends_at > :now)
    AND (y.capacity IS NULL OR y.held < y.capacity) AND (e.capacity IS NULL OR e.held < e.capacity)
    AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = e.org_id AND c.queue = 'promotion'
        AND c.id = e.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
LIMIT :limit;

-- name: tell_again(org_id, event_id, person_id, now)!
-- Somebody on the list asked again: they are told once more how they stand.
UPDATE waiting_entries SET told_at = NULL, updated_at = :now
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id
    AND state IN ('waiting', 'offered');

-- name: set_waiting_hours(org_id, id: EventId, hours: int, now)!
UPDATE events SET waiting_hours = :hours, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: count_before(org_id, event_id, id: EntryId)$ -> int
SELECT count(*) FROM waiting_entries w
JOIN waiting_entries o ON o.org_id = w.org_id AND o.id = :id
WHERE w.org_id = :org_id AND w.event_id = :event_id AND w.state = 'waiting'
    AND (w.priority > o.priority OR (w.priority = o.priority AND w.id < o.id));

-- name: set_priority(org_id, id: EntryId, priority: int, now)!
UPDATE waiting_entries SET priority = :priority, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_closed(org_id, id: EventId, is_closed: int, now)!
UPDATE events SET is_waiting_closed = :is_closed, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: is_closed(org_id, id: EventId)$ -> int | None
SELECT is_waiting_closed FROM events WHERE org_id = :org_id AND id = :id;

-- name: list_waiting_addresses(org_id, event_id, ended_by, after: EntryId, limit)
--     -> (id: EntryId, email: str, language: str)
-- Those who wait or are offered a place, or those whose place on the list ended for a reason.
SELECT w.id, p.email, w.language
FROM waiting_entries w JOIN people p ON p.org_id = w.org_id AND p.id = w.person_id
WHERE w.org_id = :org_id AND w.event_id = :event_id AND w.id > :after
    AND ((:ended_by = '' AND w.state IN ('waiting', 'offered'))
        OR (:ended_by <> '' AND w.state = 'lapsed' AND w.reason = :ended_by))
ORDER BY w.id LIMIT :limit;

-- name: list_entries(org_id, event_id, is_all, now, limit)
--     -> (id: EntryId, name: str, email: str, first_name: str, last_name: str, state: str,
--         deadline_at: int | None, created_at: int, priority: int, reason: str,
--         held_back: str)
SELECT w.id, y.name, p.email, p.first_name, p.last_name, w.state, w.deadline_at, w.created_at,
    w.priority, w.reason, CASE WHEN w.state <> 'waiting' THEN '' WHEN y.is_locked = 1 THEN 'locked'
        WHEN y.is_hidden = 1 THEN 'hidden' WHEN y.sale_starts_at > :now THEN 'not_yet'
        WHEN y.sale_ends_at <= :now THEN 'sale_over' ELSE '' END AS held_back
FROM waiting_entries w
JOIN people p ON p.org_id = w.org_id AND p.id = w.person_id
JOIN ticket_types y ON y.org_id = w.org_id AND y.id = w.ticket_type_id
WHERE w.org_id = :org_id AND w.event_id = :event_id
    AND (:is_all = 1 OR w.state IN ('waiting', 'offered'))
ORDER BY w.priority DESC, w.id LIMIT :limit;

-- name: find_entry_organization(id: EntryId)$ -> OrgId | None
-- crosses organizations: a personal link leads to its entry, and so to the organization.
SELECT org_id FROM waiting_entries WHERE id = :id;

-- name: list_untold(now, limit) -> (org_id: OrgId, id: EntryId)
-- crosses organizations: the worker serves all of them. Who has not been told how they stand.
SELECT w.org_id, w.id FROM waiting_entries w
WHERE w.state IN ('waiting', 'offered') AND w.told_at IS NULL
    AND (w.deadline_at IS NULL OR w.deadline_at > :now) AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = w.org_id AND c.queue = 'list mail'
        AND c.id = w.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY w.id LIMIT :limit;

-- name: find_untold(org_id, id: EntryId)^
--     -> (event_id: EventId, ticket_type_id: TicketTypeId, state: str, deadline_at: int | None,
--         reason: str, email: str, first_name: str, last_name: str, language: str) | None
SELECT w.event_id, w.ticket_type_id, w.state, w.deadline_at, w.reason, p.email, p.first_name,
    p.last_name, w.language
FROM waiting_entries w
JOIN people p ON p.org_id = w.org_id AND p.id = w.person_id
WHERE w.org_id = :org_id AND w.id = :id AND w.state IN ('waiting', 'offered')
    AND w.told_at IS NULL;

-- name: mark_told(org_id, id: EntryId, now)!
UPDATE waiting_entries SET told_at = :now WHERE org_id = :org_id AND id = :id AND told_at IS NULL;

-- name: count_waiting(org_id, event_id, ticket_type_id)$ -> int
-- Those who wait for a ticket type and are offered nothing.
SELECT count(*) FROM waiting_entries WHERE org_id = :org_id AND event_id = :event_id
    AND ticket_type_id = :ticket_type_id AND state = 'waiting';

-- name: count_offered(org_id, event_id)$ -> int
-- Places of an event that are held for offers.
SELECT count(*) FROM waiting_entries
WHERE org_id = :org_id AND event_id = :event_id AND state = 'offered';
