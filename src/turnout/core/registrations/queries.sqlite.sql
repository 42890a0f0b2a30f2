-- name: add_submissions(rows, now)!
-- crosses organizations: one batch of requests; every row names its own.
-- `rows` is JSON: [[org_id, id, last_item_id, noun, target_id, email, contact], …]. One step of
-- one statement, however many rows: the interpreter is free for other threads.
INSERT INTO submissions
    (org_id, id, last_item_id, noun, target_id, email, contact, accepted_at, due_at)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
    r.value ->> 6, :now, :now
FROM json_each(:rows) r;

-- name: add_queue_items(rows)!
-- crosses organizations: one batch of requests; every row names its own.
-- `rows` is JSON: [[org_id, id, submission_id, pak], …].
INSERT INTO queue_items (org_id, id, submission_id, session_pak, status)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, 'queued'
FROM json_each(:rows) r;

-- name: list_due_submissions(now, limit) -> (org_id: OrgId, id: SubmissionId)
-- crosses organizations: workers serve all of them.
SELECT org_id, id FROM submissions
WHERE done_at IS NULL AND due_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = submissions.org_id AND c.queue = 'intake'
        AND c.id = submissions.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY due_at, org_id, id LIMIT :limit;

-- name: list_due_elsewhere(now, limit, targets) -> (org_id: OrgId, id: SubmissionId)
-- crosses organizations: workers serve all of them. As above, but for `targets`, which is JSON:
-- [[org_id, target_id], …].
SELECT org_id, id FROM submissions
WHERE done_at IS NULL AND due_at <= :now AND (org_id, target_id) NOT IN (
        SELECT t.value ->> 0, t.value ->> 1 FROM json_each(:targets) t)
    AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = submissions.org_id AND c.queue = 'intake'
        AND c.id = submissions.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY due_at, org_id, id LIMIT :limit;

-- name: lock_submissions(keys) -> intake._Claimed
-- crosses organizations: workers serve all of them. `keys` is JSON: [[org_id, id], …].
-- The last column is JSON: the items as [[id, pak], …].
SELECT org_id, id, noun, target_id, contact, attempts, due_at, (
        SELECT json_group_array(json_array(i.id, i.session_pak)) FROM queue_items i
        WHERE i.org_id = submissions.org_id AND i.submission_id = submissions.id
            AND i.id BETWEEN submissions.id AND submissions.last_item_id) AS items
FROM submissions
WHERE done_at IS NULL
    AND (org_id, id) IN (SELECT k.value ->> 0, k.value ->> 1 FROM json_each(:keys) k)
ORDER BY due_at, org_id, id;

-- name: count_items(org_id, ids)$ -> int
SELECT count(*) FROM queue_items
WHERE org_id = :org_id AND id IN (SELECT value FROM json_each(:ids));

-- name: list_items(org_id, ids, limit, skip)
--     -> (id: QueueItemId, session_pak: str, status: str, email: str, person_id: PersonId | None,
--         code: str | None, facts: str | None, message: str | None)
SELECT i.id, i.session_pak, i.status, s.email, i.person_id, i.code, i.facts, i.message
FROM queue_items i JOIN submissions s ON s.org_id = i.org_id AND s.id = i.submission_id
WHERE i.org_id = :org_id AND i.id IN (SELECT value FROM json_each(:ids))
ORDER BY i.id LIMIT :limit OFFSET :skip;

-- name: list_wanted_sessions(org_id, paks, noun, target_id: int, now) -> WantedSession
-- The sessions named by `paks` (JSON) that belong to the event or channel. CROSS JOIN holds SQLite
-- to this order: it cannot know that the list is short.
SELECT s.pak, s.id, s.event_id, s.state,
    CASE WHEN e.state = 'open' AND e.registration_ends_at <= :now THEN 'closed' ELSE e.state
        END AS event_state,
    CASE WHEN EXISTS (SELECT 1 FROM exams x WHERE x.org_id = e.org_id AND x.event_id = e.id)
        THEN 1 ELSE 0 END AS is_exam,
    e.mails_api_tickets AS mails_tickets, e.waits_when_full, s.ticket_type_ids,
    CASE WHEN EXISTS (SELECT 1 FROM event_questions q
        WHERE q.org_id = e.org_id AND q.event_id = e.id) THEN 1 ELSE 0 END AS has_questions,
    s.capacity - s.held AS places_left
FROM json_each(:paks) w
CROSS JOIN sessions s ON s.org_id = :org_id AND s.pak = w.value
CROSS JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
WHERE (:noun = 'event' AND s.event_id = :target_id)
    OR (:noun = 'channel' AND EXISTS (
        SELECT 1 FROM channel_events c
        WHERE c.org_id = :org_id AND c.channel_id = :target_id AND c.event_id = s.event_id))
ORDER BY s.event_id, s.id;

-- name: take_session_places(org_id, ids) -> (id: SessionId)
-- `ids` is JSON. The guard and the count are one statement; full sessions are left out.
UPDATE sessions SET held = held + 1
WHERE org_id = :org_id AND id IN (SELECT value FROM json_each(:ids))
    AND (capacity IS NULL OR held < capacity)
RETURNING id;

-- name: list_known(rows) -> (org_id: OrgId, email_key: str)
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, email_key, event_id], …]. Who of them is registered for the event, was
-- once, waits for it, or is a learner.
SELECT p.org_id, p.email_key FROM json_each(:rows) r
CROSS JOIN people p ON p.org_id = r.value ->> 0 AND p.email_key = r.value ->> 1
WHERE EXISTS (
        SELECT 1 FROM registrations g WHERE g.org_id = p.org_id AND g.person_id = p.id
            AND g.event_id = r.value ->> 2)
    OR EXISTS (
        SELECT 1 FROM waiting_entries w WHERE w.org_id = p.org_id AND w.person_id = p.id
            AND w.event_id = r.value ->> 2 AND w.state IN ('waiting', 'offered'))
    OR EXISTS (
        SELECT 1 FROM learners l WHERE l.org_id = p.org_id AND l.person_id = p.id);

-- name: take_many_session_places(org_id, seats)!
-- `seats` is JSON: [[session_id, how many, 1 if it is full then], …]. Sessions that have not so
-- many, or would not be full, are left out.
UPDATE sessions SET held = held + (w.value ->> 1)
FROM json_each(:seats) w
WHERE sessions.org_id = :org_id AND sessions.id = w.value ->> 0
    AND (capacity IS NULL OR held + (w.value ->> 1) <= capacity)
    AND (w.value ->> 2 = 0 OR held + (w.value ->> 1) = capacity);

-- name: add_registrations(rows, source, now)!
-- crosses organizations: one batch; every row names its own.
-- `rows` is JSON: [[org_id, id, uuid, event_id, person_id, ticket_type_id, answers, sitting], …].
-- Leaves out who is registered for the event already.
INSERT INTO registrations
    (org_id, id, uuid, event_id, person_id, ticket_type_id, state, source, answers, sitting,
     created_at, updated_at, name_key)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
    'confirmed', :source, r.value ->> 6, r.value ->> 7, :now, :now, coalesce((
        SELECT lower(p.last_name || ' ' || p.first_name || ' ' || p.email) FROM people p
        WHERE p.org_id = r.value ->> 0 AND p.id = r.value ->> 4), '')
FROM json_each(:rows) r
WHERE true
ON CONFLICT (org_id, person_id, event_id, sitting) DO NOTHING;

-- name: add_session_bookings(rows, now)!
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, registration_id, session_id], …].
INSERT INTO session_bookings (org_id, registration_id, session_id, created_at)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, :now
FROM json_each(:rows) r;

-- name: add_ticket_mails(rows, now)!
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, ticket_id], …], of tickets that were issued now.
INSERT INTO ticket_mails (org_id, ticket_id, due_at)
SELECT r.value ->> 0, r.value ->> 1, :now
FROM json_each(:rows) r;

-- name: finish_all_items(rows, now)!
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, id, status, code, facts, person_id], …].
UPDATE queue_items SET status = r.value ->> 2, code = r.value ->> 3, facts = r.value ->> 4,
    person_id = r.value ->> 5, done_at = :now
FROM json_each(:rows) r
WHERE queue_items.org_id = r.value ->> 0 AND queue_items.id = r.value ->> 1;

-- name: finish_submissions(rows, now)!
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, id], …].
UPDATE submissions SET done_at = :now
FROM json_each(:rows) r
WHERE submissions.org_id = r.value ->> 0 AND submissions.id = r.value ->> 1;

-- name: list_row_details(org_id, ids) -> row_details.DetailsRow
-- `ids` is JSON; so are tags and sessions.
SELECT r.id, p.job_title, p.phone, (
        SELECT json_group_array(g.tag) FROM (
            SELECT t.tag FROM registration_tags t
            WHERE t.org_id = r.org_id AND t.registration_id = r.id ORDER BY t.tag_key) g) AS tags, (
        SELECT json_group_array(h.title) FROM (
            SELECT s.title FROM session_bookings b
            JOIN sessions s ON s.org_id = b.org_id AND s.id = b.session_id
            WHERE b.org_id = r.org_id AND b.registration_id = r.id
            ORDER BY s.starts_at, s.id) h) AS sessions
FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.id IN (SELECT value FROM json_each(:ids));

-- name: browse_chosen(org_id, event_id: EventId, state, ticket_type_id: TicketTypeId,
--     session_id: SessionId, checked, source, tag_key, payment, ids)
--     -> browsing.BrowsedRegistration
-- Those of `ids`, JSON, that are asked for, in any order.
WITH chosen AS MATERIALIZED (SELECT value AS id FROM json_each(:ids))
SELECT r.id, r.person_id, p.email, p.first_name, p.last_name, p.company, p.phone, r.state,
    r.source, r.sitting, r.created_at, y.name AS type_name, t.code, t.checked_in_at
FROM chosen JOIN registrations r ON r.org_id = :org_id AND r.id = chosen.id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
LEFT JOIN tickets t ON t.org_id = r.org_id AND t.id = (
    SELECT n.id FROM tickets n WHERE n.org_id = r.org_id AND n.registration_id = r.id
    ORDER BY CASE n.state WHEN 'valid' THEN 0 ELSE 1 END, n.created_at DESC, n.id DESC LIMIT 1)
LEFT JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE r.event_id = :event_id AND (:source = '' OR r.source = :source)
    -- use: asked_for
;

-- name: list_of_tickets(org_id, event_id, ids) -> (id: RegistrationId)
-- The registrations of the tickets `ids`, JSON, at the event, the newest first.
WITH chosen AS MATERIALIZED (SELECT value AS id FROM json_each(:ids))
SELECT DISTINCT r.id AS id FROM chosen CROSS JOIN tickets t ON t.org_id = :org_id
    AND t.id = chosen.id
CROSS JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
WHERE r.event_id = :event_id ORDER BY r.id DESC;

-- name: list_chosen_names(org_id, event_id, ids) -> (id: RegistrationId)
-- Those of `ids`, JSON, in the order of their names.
WITH chosen AS MATERIALIZED (SELECT value AS id FROM json_each(:ids))
SELECT r.id FROM chosen JOIN registrations r ON r.org_id = :org_id AND r.id = chosen.id
WHERE r.event_id = :event_id ORDER BY r.name_key, r.id;

-- name: count_chosen(org_id, event_id: EventId, state, ticket_type_id: TicketTypeId,
--     session_id: SessionId, checked, source, tag_key, payment, ids)$ -> int
WITH chosen AS MATERIALIZED (SELECT value AS id FROM json_each(:ids))
SELECT count(*) FROM chosen JOIN registrations r ON r.org_id = :org_id AND r.id = chosen.id
WHERE r.event_id = :event_id AND (:source = '' OR r.source = :source)
    -- use: asked_for
;

-- name: count_kinds(org_id, ids) -> (source: str, state: str, is_in: int, total: int)
-- Of `ids`, JSON, how many there are of each source and state, checked in or not.
WITH chosen AS MATERIALIZED (SELECT value AS id FROM json_each(:ids))
SELECT r.source, r.state, CASE WHEN EXISTS (
        SELECT 1 FROM tickets c WHERE c.org_id = r.org_id AND c.registration_id = r.id
            AND c.state = 'valid' AND c.checked_in_at IS NOT NULL) THEN 1 ELSE 0 END AS is_in,
    count(*) AS total
FROM chosen JOIN registrations r ON r.org_id = :org_id AND r.id = chosen.id
GROUP BY 1, 2, 3;

-- name: list_stretches(org_id, event_id, starts, limit) -> (start: int, ids: str)
-- From each of `starts`, JSON, up to `limit` registrations, JSON.
SELECT s.value AS start, (SELECT json_group_array(f.id) FROM (
        SELECT r.id FROM registrations r
        WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.id >= s.value
        ORDER BY r.id LIMIT :limit) f) AS ids
FROM json_each(:starts) s;

-- name: list_of_people(org_id, event_id, ids) -> (id: RegistrationId)
-- Those of the people `ids`, JSON.
WITH chosen AS MATERIALIZED (SELECT value AS id FROM json_each(:ids))
SELECT r.id AS id FROM chosen CROSS JOIN registrations r
WHERE r.org_id = :org_id AND r.person_id = chosen.id AND r.event_id = :event_id
ORDER BY r.id DESC;
