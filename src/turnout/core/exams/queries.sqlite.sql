-- name: list_learners_of(org_id, uuids) -> Learner
-- `uuids` is JSON: [uuid, …].
SELECT p.id AS person_id, p.uuid, l.code, p.email, p.first_name, p.last_name
FROM json_each(:uuids) w
CROSS JOIN people p ON p.org_id = :org_id AND p.uuid = w.value
CROSS JOIN learners l ON l.org_id = p.org_id AND l.person_id = p.id;

-- name: list_busy(org_id, starts_at, rows) -> (person_id: PersonId)
-- `rows` is JSON: [[person_id, minutes], …]. Who of them sits another exam in that time.
SELECT DISTINCT s.person_id FROM json_each(:rows) w
CROSS JOIN exam_registrations s ON s.org_id = :org_id AND s.person_id = w.value ->> 0
CROSS JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
CROSS JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
WHERE r.state = 'confirmed' AND e.starts_at < :starts_at + (w.value ->> 1) * 60000
    AND e.starts_at + s.time_limit * 60000 > :starts_at;

-- name: add_sittings(org_id, event_id, change_type, rows, now)!
-- `rows` is JSON: [[registration_id, person_id, form_id, registrant_type, sequence, passcode,
-- time_limit, seat], …].
INSERT INTO exam_registrations (org_id, registration_id, event_id, person_id, form_id,
    registrant_type, attendance, grading, is_eligible, sequence, passcode, time_limit, seat,
    changed_at, change_type)
SELECT :org_id, w.value ->> 0, :event_id, w.value ->> 1, w.value ->> 2, w.value ->> 3, 'Pending',
    '', 1, w.value ->> 4, w.value ->> 5, w.value ->> 6, w.value ->> 7, :now, :change_type
FROM json_each(:rows) w;

-- name: add_births(org_id, rows, now)!
-- `rows` is JSON: [[id, registration_id, registration_uuid, type, actor, became], …].
INSERT INTO exam_changes (org_id, id, registration_id, registration_uuid, type, at, actor, reason,
    was, became)
SELECT :org_id, w.value ->> 0, w.value ->> 1, w.value ->> 2, w.value ->> 3, :now, w.value ->> 4, '',
    '{}', w.value ->> 5
FROM json_each(:rows) w;
