-- name: lock_sitting(org_id, uuid)^ -> Sitting | None
SELECT r.id AS registration_id, r.uuid, r.event_id, r.person_id, r.ticket_type_id, r.state,
    s.form_id, s.time_limit, s.attendance
FROM registrations r
JOIN exam_registrations s ON s.org_id = r.org_id AND s.registration_id = r.id
WHERE r.org_id = :org_id AND r.uuid = :uuid FOR UPDATE;

-- name: list_learners_of(org_id, uuids) -> Learner
-- `uuids` is JSON: [uuid, …].
SELECT p.id AS person_id, p.uuid, l.code, p.email, p.first_name, p.last_name
FROM people p CROSS JOIN LATERAL (
    SELECT code FROM learners WHERE org_id = p.org_id AND person_id = p.id OFFSET 0) l
WHERE p.org_id = :org_id
    AND p.uuid = ANY (ARRAY(SELECT json_array_elements_text(CAST(:uuids AS json))));

-- name: list_busy(org_id, starts_at, rows) -> (person_id: PersonId)
-- `rows` is JSON: [[person_id, minutes], …]. Who of them sits another exam in that time.
WITH w AS MATERIALIZED (
    SELECT CAST(value ->> 0 AS BIGINT) AS person_id, CAST(value ->> 1 AS BIGINT) AS minutes
    FROM json_array_elements(CAST(:rows AS json)) g (value))
SELECT DISTINCT w.person_id FROM w CROSS JOIN LATERAL (
    SELECT * FROM exam_registrations WHERE org_id = :org_id AND person_id = w.person_id
    OFFSET 0) s
CROSS JOIN LATERAL (
    SELECT state FROM registrations WHERE org_id = s.org_id AND id = s.registration_id OFFSET 0) r
CROSS JOIN LATERAL (
    SELECT starts_at FROM events WHERE org_id = s.org_id AND id = s.event_id OFFSET 0) e
WHERE r.state = 'confirmed' AND e.starts_at < :starts_at + w.minutes * 60000
    AND e.starts_at + s.time_limit * 60000 > :starts_at;

-- name: add_sittings(org_id, event_id, change_type, rows, now)!
-- `rows` is JSON: [[registration_id, person_id, form_id, registrant_type, sequence, passcode,
-- time_limit, seat], …].
INSERT INTO exam_registrations (org_id, registration_id, event_id, person_id, form_id,
    registrant_type, attendance, grading, is_eligible, sequence, passcode, time_limit, seat,
    changed_at, change_type)
SELECT CAST(:org_id AS BIGINT), CAST(value ->> 0 AS BIGINT), CAST(:event_id AS BIGINT),
    CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), value ->> 3, 'Pending', '', 1,
    CAST(value ->> 4 AS BIGINT), value ->> 5, CAST(value ->> 6 AS BIGINT),
    CAST(value ->> 7 AS BIGINT), CAST(:now AS BIGINT), :change_type
FROM json_array_elements(CAST(:rows AS json)) w (value);

-- name: add_births(org_id, rows, now)!
-- `rows` is JSON: [[id, registration_id, registration_uuid, type, actor, became], …].
INSERT INTO exam_changes (org_id, id, registration_id, registration_uuid, type, at, actor, reason,
    was, became)
SELECT CAST(:org_id AS BIGINT), CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT),
    value ->> 2, value ->> 3, CAST(:now AS BIGINT), value ->> 4, '', '{}', value ->> 5
FROM json_array_elements(CAST(:rows AS json)) w (value);
