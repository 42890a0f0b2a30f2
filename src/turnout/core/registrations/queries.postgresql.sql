-- name: find_registration(org_id, event_id, person_id)^ -> Registration | None
SELECT id, uuid, event_id, person_id, ticket_type_id, state, source, answers AS submitted,
    created_at, updated_at, sitting, party_id
FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id AND sitting = 0
FOR UPDATE;

-- name: lock_registration(org_id, id: RegistrationId)^ -> Registration | None
SELECT id, uuid, event_id, person_id, ticket_type_id, state, source, answers AS submitted,
    created_at, updated_at, sitting, party_id
FROM registrations WHERE org_id = :org_id AND id = :id FOR UPDATE;

-- name: hold_tickets(org_id, registration_id) -> (id: TicketId)
-- In the order in which scans lock them together.
SELECT id FROM tickets WHERE org_id = :org_id AND registration_id = :registration_id
ORDER BY id FOR NO KEY UPDATE;

-- name: add_submissions(rows, now)!
-- crosses organizations: one batch of requests; every row names its own.
-- `rows` is JSON: [[org_id, id, last_item_id, noun, target_id, email, contact], …].
INSERT INTO submissions
    (org_id, id, last_item_id, noun, target_id, email, contact, accepted_at, due_at)
SELECT CAST(r.value ->> 0 AS BIGINT), CAST(r.value ->> 1 AS BIGINT),
    CAST(r.value ->> 2 AS BIGINT), r.value ->> 3, CAST(r.value ->> 4 AS BIGINT), r.value ->> 5,
    r.value ->> 6, CAST(:now AS BIGINT), CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value);

-- name: add_queue_items(rows)!
-- crosses organizations: one batch of requests; every row names its own.
-- `rows` is JSON: [[org_id, id, submission_id, pak], …].
INSERT INTO queue_items (org_id, id, submission_id, session_pak, status)
SELECT CAST(r.value ->> 0 AS BIGINT), CAST(r.value ->> 1 AS BIGINT),
    CAST(r.value ->> 2 AS BIGINT), r.value ->> 3, 'queued'
FROM json_array_elements(CAST(:rows AS json)) r (value);

-- name: list_due_submissions(now, limit) -> (org_id: OrgId, id: SubmissionId)
-- crosses organizations: workers serve all of them.
SELECT org_id, id FROM submissions
WHERE done_at IS NULL AND due_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = submissions.org_id AND c.queue = 'intake'
        AND c.id = submissions.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY due_at, org_id, id LIMIT :limit
FOR UPDATE SKIP LOCKED;

-- name: list_due_elsewhere(now, limit, targets) -> (org_id: OrgId, id: SubmissionId)
-- crosses organizations: workers serve all of them. As above, but for `targets`, which is JSON:
-- [[org_id, target_id], …].
SELECT org_id, id FROM submissions
WHERE done_at IS NULL AND due_at <= :now AND (org_id, target_id) NOT IN (
        SELECT CAST(t.value ->> 0 AS BIGINT), CAST(t.value ->> 1 AS BIGINT)
        FROM json_array_elements(CAST(:targets AS json)) t (value))
    AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = submissions.org_id AND c.queue = 'intake'
        AND c.id = submissions.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY due_at, org_id, id LIMIT :limit
FOR UPDATE SKIP LOCKED;

-- name: lock_submissions(keys) -> intake._Claimed
-- crosses organizations: workers serve all of them. `keys` is JSON: [[org_id, id], …].
-- The last column is JSON: the items as [[id, pak], …]. Each is looked up by its key, also where
-- the planner has no statistics yet: what locks inside is not made a part of the whole.
WITH k AS MATERIALIZED (
    SELECT CAST(value ->> 0 AS BIGINT) AS org_id, CAST(value ->> 1 AS BIGINT) AS id
    FROM json_array_elements(CAST(:keys AS json)) g (value))
SELECT s.org_id, s.id, s.noun, s.target_id, s.contact, s.attempts, s.due_at, (
        SELECT CAST(json_agg(json_build_array(i.id, i.session_pak)) AS TEXT) FROM queue_items i
        WHERE i.org_id = s.org_id AND i.submission_id = s.id
            AND i.id BETWEEN s.id AND s.last_item_id) AS items
FROM k CROSS JOIN LATERAL (
    SELECT * FROM submissions WHERE org_id = k.org_id AND id = k.id AND done_at IS NULL
    FOR UPDATE SKIP LOCKED) s
ORDER BY s.due_at, s.org_id, s.id;

-- name: count_items(org_id, ids)$ -> int
SELECT count(*) FROM queue_items
WHERE org_id = :org_id AND id IN (
    SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value));

-- name: list_items(org_id, ids, limit, skip)
--     -> (id: QueueItemId, session_pak: str, status: str, email: str, person_id: PersonId | None,
--         code: str | None, facts: str | None, message: str | None)
SELECT i.id, i.session_pak, i.status, s.email, i.person_id, i.code, i.facts, i.message
FROM queue_items i JOIN submissions s ON s.org_id = i.org_id AND s.id = i.submission_id
WHERE i.org_id = :org_id AND i.id IN (
    SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
ORDER BY i.id LIMIT :limit OFFSET :skip;

-- name: list_wanted_sessions(org_id, paks, noun, target_id: int, now) -> WantedSession
-- The sessions named by `paks` (JSON) that belong to the event or channel.
SELECT s.pak, s.id, s.event_id, s.state,
    CASE WHEN e.state = 'open' AND e.registration_ends_at <= :now THEN 'closed' ELSE e.state
        END AS event_state,
    CASE WHEN EXISTS (SELECT 1 FROM exams x WHERE x.org_id = e.org_id AND x.event_id = e.id)
        THEN 1 ELSE 0 END AS is_exam,
    e.mails_api_tickets AS mails_tickets, e.waits_when_full, s.ticket_type_ids,
    CASE WHEN EXISTS (SELECT 1 FROM event_questions q
        WHERE q.org_id = e.org_id AND q.event_id = e.id) THEN 1 ELSE 0 END AS has_questions,
    s.capacity - s.held AS places_left
FROM jsonb_array_elements_text(CAST(:paks AS jsonb)) w (value)
JOIN sessions s ON s.org_id = :org_id AND s.pak = w.value
JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
WHERE (:noun = 'event' AND s.event_id = :target_id)
    OR (:noun = 'channel' AND EXISTS (
        SELECT 1 FROM channel_events c
        WHERE c.org_id = :org_id AND c.channel_id = :target_id AND c.event_id = s.event_id))
ORDER BY s.event_id, s.id;

-- name: take_session_places(org_id, ids) -> (id: SessionId)
-- `ids` is JSON. Rows are locked by rising number, so that two takers never wait in a ring, and as
-- an update locks them: a booking holds the key of its session until the end (a foreign key). The
-- guard is judged again on the row as it is once the lock is had.
UPDATE sessions SET held = sessions.held + 1
FROM (
    SELECT id FROM sessions
    WHERE org_id = :org_id AND id IN (
        SELECT CAST(w.value AS BIGINT)
        FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
    ORDER BY id FOR NO KEY UPDATE
) locked
WHERE sessions.org_id = :org_id AND sessions.id = locked.id
    AND (sessions.capacity IS NULL OR sessions.held < sessions.capacity)
RETURNING sessions.id;

-- name: list_known(rows) -> (org_id: OrgId, email_key: str)
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, email_key, event_id], …]. Who of them is registered for the event, was
-- once, waits for it, or is a learner.
WITH r AS MATERIALIZED (
    SELECT CAST(value ->> 0 AS BIGINT) AS org_id, value ->> 1 AS email_key,
        CAST(value ->> 2 AS BIGINT) AS event_id
    FROM json_array_elements(CAST(:rows AS json)) g (value))
SELECT p.org_id, p.email_key FROM r CROSS JOIN LATERAL (
    SELECT org_id, id, email_key FROM people
    WHERE org_id = r.org_id AND email_key = r.email_key OFFSET 0) p
WHERE EXISTS (
        SELECT 1 FROM registrations g WHERE g.org_id = p.org_id AND g.person_id = p.id
            AND g.event_id = r.event_id OFFSET 0)
    OR EXISTS (
        SELECT 1 FROM waiting_entries w WHERE w.org_id = p.org_id AND w.person_id = p.id
            AND w.event_id = r.event_id AND w.state IN ('waiting', 'offered') OFFSET 0)
    OR EXISTS (
        SELECT 1 FROM learners l WHERE l.org_id = p.org_id AND l.person_id = p.id OFFSET 0);

-- name: take_many_session_places(org_id, seats)!
-- `seats` is JSON: [[session_id, how many, 1 if it is full then], …]. Sessions that have not so
-- many, or would not be full, are left out. Rows are locked by rising number, as in
-- take_session_places.
UPDATE sessions SET held = sessions.held + locked.wanted
FROM (
    SELECT s.id, CAST(w.value ->> 1 AS BIGINT) AS wanted,
        CAST(w.value ->> 2 AS BIGINT) AS is_full
    FROM json_array_elements(CAST(:seats AS json)) w (value)
    JOIN sessions s ON s.org_id = :org_id AND s.id = CAST(w.value ->> 0 AS BIGINT)
    ORDER BY s.id FOR NO KEY UPDATE OF s
) locked
WHERE sessions.org_id = :org_id AND sessions.id = locked.id
    AND (sessions.capacity IS NULL OR sessions.held + locked.wanted <= sessions.capacity)
    AND (locked.is_full = 0 OR sessions.held + locked.wanted = sessions.capacity);

-- name: add_registrations(rows, source, now)!
-- crosses organizations: one batch; every row names its own.
-- `rows` is JSON: [[org_id, id, uuid, event_id, person_id, ticket_type_id, answers, sitting], …].
-- Leaves out who is registered for the event already.
INSERT INTO registrations
    (org_id, id, uuid, event_id, person_id, ticket_type_id, state, source, answers, sitting,
     created_at, updated_at, name_key)
SELECT CAST(r.value ->> 0 AS BIGINT), CAST(r.value ->> 1 AS BIGINT), r.value ->> 2,
    CAST(r.value ->> 3 AS BIGINT), CAST(r.value ->> 4 AS BIGINT),
    CAST(r.value ->> 5 AS BIGINT), 'confirmed', :source, r.value ->> 6,
    CAST(r.value ->> 7 AS BIGINT), CAST(:now AS BIGINT), CAST(:now AS BIGINT), coalesce((
        SELECT lower(p.last_name || ' ' || p.first_name || ' ' || p.email) FROM people p
        WHERE p.org_id = CAST(r.value ->> 0 AS BIGINT) AND p.id = CAST(r.value ->> 4 AS BIGINT)),
    '')
FROM json_array_elements(CAST(:rows AS json)) r (value)
ON CONFLICT (org_id, person_id, event_id, sitting) DO NOTHING;

-- name: add_session_bookings(rows, now)!
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, registration_id, session_id], …].
INSERT INTO session_bookings (org_id, registration_id, session_id, created_at)
SELECT CAST(r.value ->> 0 AS BIGINT), CAST(r.value ->> 1 AS BIGINT),
    CAST(r.value ->> 2 AS BIGINT), CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value);

-- name: add_ticket_mails(rows, now)!
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, ticket_id], …], of tickets that were issued now.
INSERT INTO ticket_mails (org_id, ticket_id, due_at)
SELECT CAST(r.value ->> 0 AS BIGINT), CAST(r.value ->> 1 AS BIGINT), CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value);

-- name: finish_all_items(rows, now)!
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, id, status, code, facts, person_id], …].
WITH r AS MATERIALIZED (SELECT value FROM json_array_elements(CAST(:rows AS json)) g (value))
UPDATE queue_items SET status = r.value ->> 2, code = r.value ->> 3, facts = r.value ->> 4,
    person_id = CAST(r.value ->> 5 AS BIGINT), done_at = :now
FROM r WHERE queue_items.org_id = CAST(r.value ->> 0 AS BIGINT)
    AND queue_items.id = CAST(r.value ->> 1 AS BIGINT);

-- name: finish_submissions(rows, now)!
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, id], …].
WITH r AS MATERIALIZED (SELECT value FROM json_array_elements(CAST(:rows AS json)) g (value))
UPDATE submissions SET done_at = :now
FROM r WHERE submissions.org_id = CAST(r.value ->> 0 AS BIGINT)
    AND submissions.id = CAST(r.value ->> 1 AS BIGINT);

-- name: list_row_details(org_id, ids) -> row_details.DetailsRow
-- `ids` is JSON; so are tags and sessions.
SELECT r.id, p.job_title, p.phone, coalesce((
        SELECT CAST(json_agg(t.tag ORDER BY t.tag_key) AS TEXT) FROM registration_tags t
        WHERE t.org_id = r.org_id AND t.registration_id = r.id), '[]') AS tags, coalesce((
        SELECT CAST(json_agg(s.title ORDER BY s.starts_at, s.id) AS TEXT) FROM session_bookings b
        JOIN sessions s ON s.org_id = b.org_id AND s.id = b.session_id
        WHERE b.org_id = r.org_id AND b.registration_id = r.id), '[]') AS sessions
FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.id IN (
    SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value));

-- name: browse_chosen(org_id, event_id: EventId, state, ticket_type_id: TicketTypeId,
--     session_id: SessionId, checked, source, tag_key, payment, ids)
--     -> browsing.BrowsedRegistration
-- Those of `ids`, JSON, that are asked for, in any order.
WITH chosen AS MATERIALIZED (SELECT CAST(c.value #>> '{}' AS BIGINT) AS id
    FROM json_array_elements(CAST(:ids AS json)) c (value))
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
-- See queries.sqlite.sql.
WITH chosen AS MATERIALIZED (SELECT CAST(c.value #>> '{}' AS BIGINT) AS id
    FROM json_array_elements(CAST(:ids AS json)) c (value))
SELECT DISTINCT r.id AS id FROM chosen JOIN tickets t ON t.org_id = :org_id AND t.id = chosen.id
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
WHERE r.event_id = :event_id ORDER BY r.id DESC;

-- name: list_chosen_names(org_id, event_id, ids) -> (id: RegistrationId)
-- Those of `ids`, JSON, in the order of their names.
WITH chosen AS MATERIALIZED (SELECT CAST(c.value #>> '{}' AS BIGINT) AS id
    FROM json_array_elements(CAST(:ids AS json)) c (value))
SELECT r.id FROM chosen JOIN registrations r ON r.org_id = :org_id AND r.id = chosen.id
WHERE r.event_id = :event_id ORDER BY r.name_key, r.id;

-- name: count_chosen(org_id, event_id: EventId, state, ticket_type_id: TicketTypeId,
--     session_id: SessionId, checked, source, tag_key, payment, ids)$ -> int
WITH chosen AS MATERIALIZED (SELECT CAST(c.value #>> '{}' AS BIGINT) AS id
    FROM json_array_elements(CAST(:ids AS json)) c (value))
SELECT count(*) FROM chosen JOIN registrations r ON r.org_id = :org_id AND r.id = chosen.id
WHERE r.event_id = :event_id AND (:source = '' OR r.source = :source)
    -- use: asked_for
;

-- name: count_kinds(org_id, ids) -> (source: str, state: str, is_in: int, total: int)
-- Of `ids`, JSON, how many there are of each source and state, checked in or not.
WITH chosen AS MATERIALIZED (SELECT CAST(c.value #>> '{}' AS BIGINT) AS id
    FROM json_array_elements(CAST(:ids AS json)) c (value))
SELECT r.source, r.state, CASE WHEN EXISTS (
        SELECT 1 FROM tickets c WHERE c.org_id = r.org_id AND c.registration_id = r.id
            AND c.state = 'valid' AND c.checked_in_at IS NOT NULL) THEN 1 ELSE 0 END AS is_in,
    count(*) AS total
FROM chosen JOIN registrations r ON r.org_id = :org_id AND r.id = chosen.id
GROUP BY 1, 2, 3;

-- name: list_stretches(org_id, event_id, starts, limit) -> (start: int, ids: str)
-- From each of `starts`, JSON, up to `limit` registrations, JSON.
SELECT CAST(s.value #>> '{}' AS BIGINT) AS start,
    coalesce((SELECT CAST(json_agg(f.id) AS TEXT) FROM (
        SELECT r.id FROM registrations r
        WHERE r.org_id = :org_id AND r.event_id = :event_id
            AND r.id >= CAST(s.value #>> '{}' AS BIGINT)
        ORDER BY r.id LIMIT :limit) f), '[]') AS ids
FROM json_array_elements(CAST(:starts AS json)) s (value);

-- name: list_of_people(org_id, event_id, ids) -> (id: RegistrationId)
-- Those of the people `ids`, JSON.
WITH chosen AS MATERIALIZED (SELECT CAST(c.value #>> '{}' AS BIGINT) AS id
    FROM json_array_elements(CAST(:ids AS json)) c (value))
SELECT r.id AS id FROM chosen CROSS JOIN registrations r
WHERE r.org_id = :org_id AND r.person_id = chosen.id AND r.event_id = :event_id
ORDER BY r.id DESC;
