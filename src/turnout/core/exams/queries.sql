-- == lists ==

-- name: list_values(org_id, kind) -> (value: str)
SELECT value FROM exam_values WHERE org_id = :org_id AND kind = :kind ORDER BY value;

-- name: add_value(org_id, kind, value)!
INSERT INTO exam_values (org_id, kind, value) VALUES (:org_id, :kind, :value)
ON CONFLICT (org_id, kind, value) DO NOTHING;

-- name: remove_value(org_id, kind, value)!
DELETE FROM exam_values WHERE org_id = :org_id AND kind = :kind AND value = :value;

-- name: get_settings(org_id)^ -> lists.ExamSettings | None
SELECT paper_size, refuses_overlaps FROM exam_settings WHERE org_id = :org_id;

-- name: set_settings(org_id, paper_size, refuses_overlaps: int)!
INSERT INTO exam_settings (org_id, paper_size, refuses_overlaps)
VALUES (:org_id, :paper_size, :refuses_overlaps)
ON CONFLICT (org_id) DO UPDATE SET
    paper_size = excluded.paper_size, refuses_overlaps = excluded.refuses_overlaps;

-- name: take_number(org_id)$ -> int
-- The number of the organization's next exam; two who ask at once get two.
INSERT INTO exam_settings (org_id, next_number) VALUES (:org_id, 2)
ON CONFLICT (org_id) DO UPDATE SET next_number = exam_settings.next_number + 1
RETURNING next_number - 1;

-- name: add_room(org_id, id: RoomId, venue_id, name, seats: int)$ -> RoomId
INSERT INTO rooms (org_id, id, venue_id, name, seats)
VALUES (:org_id, :id, :venue_id, :name, :seats)
ON CONFLICT (org_id, venue_id, name) DO UPDATE SET seats = excluded.seats
RETURNING id;

-- name: list_rooms(org_id, venue_id) -> lists.Room
SELECT id, venue_id, name, seats FROM rooms
WHERE org_id = :org_id AND venue_id = :venue_id ORDER BY name;

-- name: set_room(org_id, event_id, room_id: RoomId | None)!
UPDATE exams SET room_id = CAST(:room_id AS BIGINT)
WHERE org_id = :org_id AND event_id = :event_id;

-- name: add_form(org_id, id: FormId, uuid, code, code_key, version: int, name, title, language,
--     is_bilingual, is_published, time_limit: int, now)$
--     -> FormId
INSERT INTO assessment_forms (org_id, id, uuid, code, code_key, version, name, title, language,
    is_bilingual, is_published, time_limit, created_at, updated_at)
VALUES (:org_id, :id, :uuid, :code, :code_key, :version, :name, :title, :language, :is_bilingual,
    :is_published, :time_limit, :now, :now)
ON CONFLICT (org_id, code_key, version) DO UPDATE SET
    code = excluded.code, name = excluded.name, title = excluded.title,
    language = excluded.language, is_bilingual = excluded.is_bilingual,
    is_published = excluded.is_published, time_limit = excluded.time_limit,
    updated_at = excluded.updated_at
RETURNING id;

-- name: find_published_form(org_id, code_key)^ -> Form | None
SELECT id, uuid, code, version, name, title, language, is_bilingual, is_published, time_limit
FROM assessment_forms
WHERE org_id = :org_id AND code_key = :code_key AND is_published = 1 AND is_bilingual = 0
ORDER BY version DESC LIMIT 1;

-- name: get_form(org_id, id: FormId)^ -> Form | None
SELECT id, uuid, code, version, name, title, language, is_bilingual, is_published, time_limit
FROM assessment_forms WHERE org_id = :org_id AND id = :id;

-- name: list_forms(org_id) -> Form
SELECT id, uuid, code, version, name, title, language, is_bilingual, is_published, time_limit
FROM assessment_forms WHERE org_id = :org_id ORDER BY code_key, version;

-- name: find_venue(org_id, uuid)^ -> lists.Venue | None
SELECT id, uuid, name, timezone FROM venues WHERE org_id = :org_id AND uuid = :uuid;

-- name: list_venues(org_id) -> lists.Venue
SELECT id, uuid, name, timezone FROM venues WHERE org_id = :org_id ORDER BY id;

-- == learners ==

-- name: add_person(org_id, id: PersonId, uuid, email, email_key: str | None, first_name,
--     last_name, now)!
INSERT INTO people (org_id, id, uuid, email, email_key, title, first_name, last_name, company,
    job_title, address_line1, address_line2, address_line3, city, county_or_state, post_code,
    country_code, phone, created_at, updated_at)
VALUES (:org_id, :id, :uuid, :email, CAST(:email_key AS TEXT), '', :first_name, :last_name, '', '',
    '', '', '', '', '', '', '', '', :now, :now);

-- name: set_person(org_id, id: PersonId, email, first_name, last_name, now)!
UPDATE people SET first_name = :first_name, last_name = :last_name,
    email = CASE :email WHEN '' THEN email ELSE :email END, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: has_person(org_id, uuid)$ -> int | None
SELECT 1 FROM people WHERE org_id = :org_id AND uuid = :uuid LIMIT 1;

-- name: set_email_key(org_id, id: PersonId, email_key: str | None)!
UPDATE people SET email_key = CAST(:email_key AS TEXT) WHERE org_id = :org_id AND id = :id;

-- name: set_learner(org_id, person_id, code, code_key, now)!
-- What a learner is searched by is filled in from the person (core/people/merging.py).
INSERT INTO learners (org_id, person_id, code, code_key, name_key, email_key, created_at)
VALUES (:org_id, :person_id, :code, :code_key, '', '', :now)
ON CONFLICT (org_id, person_id) DO UPDATE SET
    code = excluded.code, code_key = excluded.code_key;

-- name: is_learner(org_id, person_id)$ -> int | None
SELECT 1 FROM learners WHERE org_id = :org_id AND person_id = :person_id;

-- name: get_learner(org_id, person_id)^ -> Learner
SELECT p.id AS person_id, p.uuid, l.code, p.email, p.first_name, p.last_name
FROM learners l JOIN people p ON p.org_id = l.org_id AND p.id = l.person_id
WHERE l.org_id = :org_id AND l.person_id = :person_id;

-- name: find_learner(org_id, uuid)^ -> Learner | None
SELECT p.id AS person_id, p.uuid, l.code, p.email, p.first_name, p.last_name
FROM people p JOIN learners l ON l.org_id = p.org_id AND l.person_id = p.id
WHERE p.org_id = :org_id AND p.uuid = :uuid;

-- name: find_learner_by_code(org_id, code_key)^ -> Learner | None
SELECT p.id AS person_id, p.uuid, l.code, p.email, p.first_name, p.last_name
FROM learners l JOIN people p ON p.org_id = l.org_id AND p.id = l.person_id
WHERE l.org_id = :org_id AND l.code_key = :code_key;

-- name: list_learners(org_id, limit) -> Learner
SELECT p.id AS person_id, p.uuid, l.code, p.email, p.first_name, p.last_name
FROM learners l JOIN people p ON p.org_id = l.org_id AND p.id = l.person_id
WHERE l.org_id = :org_id ORDER BY l.code_key LIMIT :limit;

-- == planning ==

-- name: lock_slot(org_id, venue_id, starts_at, now)!
-- Held until this transaction ends: who comes second sees the exam that the first made.
INSERT INTO exam_slots (org_id, venue_id, starts_at, touched_at)
VALUES (:org_id, :venue_id, :starts_at, :now)
ON CONFLICT (org_id, venue_id, starts_at) DO UPDATE SET touched_at = excluded.touched_at;

-- name: find_exam_at(org_id, venue_id, starts_at)^ -> Exam | None
-- The oldest that is not somebody's own.
SELECT e.id AS event_id, e.uuid, x.number, e.title, e.state, x.kind, x.exam_type, x.exam_format,
    x.billing_code, v.id AS venue_id, v.uuid AS venue_uuid, v.name AS venue_name, e.timezone,
    e.starts_at, e.ends_at, e.capacity, e.held, x.room_id, x.registration_limit, x.is_on_calendar,
    x.has_own_title
FROM events e
JOIN exams x ON x.org_id = e.org_id AND x.event_id = e.id
JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id
WHERE e.org_id = :org_id AND e.venue_id = :venue_id AND e.starts_at >= :starts_at
    AND e.starts_at < :starts_at + 60000 AND e.state <> 'cancelled'
    AND substr(x.exam_type, 1, 10) <> 'Individual'
ORDER BY x.number LIMIT 1;

-- name: get_exam(org_id, event_id)^ -> Exam | None
SELECT e.id AS event_id, e.uuid, x.number, e.title, e.state, x.kind, x.exam_type, x.exam_format,
    x.billing_code, v.id AS venue_id, v.uuid AS venue_uuid, v.name AS venue_name, e.timezone,
    e.starts_at, e.ends_at, e.capacity, e.held, x.room_id, x.registration_limit, x.is_on_calendar,
    x.has_own_title
FROM exams x
JOIN events e ON e.org_id = x.org_id AND e.id = x.event_id
JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id
WHERE x.org_id = :org_id AND x.event_id = :event_id;

-- name: list_exams(org_id, limit) -> Exam
SELECT e.id AS event_id, e.uuid, x.number, e.title, e.state, x.kind, x.exam_type, x.exam_format,
    x.billing_code, v.id AS venue_id, v.uuid AS venue_uuid, v.name AS venue_name, e.timezone,
    e.starts_at, e.ends_at, e.capacity, e.held, x.room_id, x.registration_limit, x.is_on_calendar,
    x.has_own_title
FROM exams x
JOIN events e ON e.org_id = x.org_id AND e.id = x.event_id
JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id
WHERE x.org_id = :org_id ORDER BY x.number DESC LIMIT :limit;

-- name: add_exam(org_id, event_id, number: int, kind, exam_type, exam_format, billing_code,
--     appointment_type, registration_limit: int | None, is_on_calendar, has_own_title)!
INSERT INTO exams (org_id, event_id, number, kind, exam_type, exam_format, billing_code,
    appointment_type, registration_limit, is_on_calendar, has_own_title)
VALUES (:org_id, :event_id, :number, :kind, :exam_type, :exam_format, :billing_code,
    :appointment_type, CAST(:registration_limit AS BIGINT), :is_on_calendar, :has_own_title);

-- name: set_on_calendar(org_id, event_id, is_on_calendar)!
UPDATE exams SET is_on_calendar = :is_on_calendar WHERE org_id = :org_id AND event_id = :event_id;

-- name: set_title(org_id, event_id, title, now)!
UPDATE events SET title = :title, updated_at = :now WHERE org_id = :org_id AND id = :event_id;

-- name: list_form_titles(org_id, event_id) -> (title: str)
-- Two are enough to know that there are several.
SELECT DISTINCT f.title
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
JOIN assessment_forms f ON f.org_id = s.org_id AND f.id = s.form_id
WHERE s.org_id = :org_id AND s.event_id = :event_id LIMIT 2;

-- name: is_form_sat(org_id, event_id, form_id: FormId | None)$ -> int | None
SELECT 1 FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
WHERE s.org_id = :org_id AND s.event_id = :event_id AND s.form_id = CAST(:form_id AS BIGINT)
LIMIT 1;

-- name: count_active(org_id, event_id)$ -> int
SELECT count(*) FROM (
    SELECT 1 FROM exam_registrations s
    JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
    WHERE s.org_id = :org_id AND s.event_id = :event_id AND r.state = 'confirmed' LIMIT 1) active;

-- name: list_calendar(org_id, from_at, until_at)
--     -> (uuid: str, id: EventId, title: str, details: str, starts_at: int, ends_at: int,
--         kind: str | None, appointment_type: str | None, is_on_calendar: int | None)
-- Published events that are shown; those which overlap the span, 0 and 0 = all.
SELECT e.uuid, e.id, e.title, e.details, e.starts_at, e.ends_at, x.kind, x.appointment_type,
    x.is_on_calendar
FROM events e
LEFT JOIN exams x ON x.org_id = e.org_id AND x.event_id = e.id
WHERE e.org_id = :org_id AND e.state IN ('open', 'closed')
    AND (:until_at = 0 OR (e.starts_at < :until_at AND e.ends_at >= :from_at))
    AND (x.event_id IS NULL OR x.is_on_calendar = 1)
ORDER BY e.starts_at, e.id;

-- name: list_classes(uuid, now)
--     -> (uuid: str, title: str, state: str, capacity: int | None, held: int, details: str)
-- crosses organizations: anybody may ask, and names the organization by its GUID.
SELECT e.uuid, e.title, e.state, e.capacity, e.held, e.details
FROM organizations o
JOIN events e ON e.org_id = o.org_id
JOIN exams x ON x.org_id = e.org_id AND x.event_id = e.id
WHERE o.uuid = :uuid AND e.state IN ('open', 'closed') AND e.starts_at > :now
    AND x.kind = 'Class' AND x.is_on_calendar = 1
ORDER BY e.starts_at, e.id;

-- == seating ==

-- name: add_sitting(org_id, registration_id, event_id, person_id, form_id: FormId | None,
--     registrant_type, sequence: int, passcode, time_limit: int, seat: int | None, now,
--     change_type)!
INSERT INTO exam_registrations (org_id, registration_id, event_id, person_id, form_id,
    registrant_type, attendance, grading, is_eligible, sequence, passcode, time_limit, seat,
    changed_at, change_type)
VALUES (:org_id, :registration_id, :event_id, :person_id, CAST(:form_id AS BIGINT),
    :registrant_type, 'Pending', '', 1, :sequence, :passcode, :time_limit,
    CAST(:seat AS BIGINT), :now, :change_type);

-- name: take_sequence(org_id, event_id)$ -> int
UPDATE exams SET next_sequence = next_sequence + 1
WHERE org_id = :org_id AND event_id = :event_id
RETURNING next_sequence - 1;

-- name: take_sequences(org_id, event_id, count: int)$ -> int
-- The first of so many numbers.
UPDATE exams SET next_sequence = next_sequence + :count
WHERE org_id = :org_id AND event_id = :event_id
RETURNING next_sequence - :count;

-- name: list_seats(org_id, event_id) -> (seat: int | None)
SELECT s.seat FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
WHERE s.org_id = :org_id AND s.event_id = :event_id AND s.seat IS NOT NULL ORDER BY s.seat;

-- name: list_overlapping(org_id, person_id, registration_id, starts_at, ends_at) -> (uuid: str)
-- The learner's other exams during that time, each as long as this learner has for it.
SELECT r.uuid
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
WHERE s.org_id = :org_id AND s.person_id = :person_id AND s.registration_id <> :registration_id
    AND e.starts_at < :ends_at AND e.starts_at + s.time_limit * 60000 > :starts_at
ORDER BY s.registration_id;

-- name: find_sitting(org_id, uuid)^ -> Sitting | None
SELECT r.id AS registration_id, r.uuid, r.event_id, r.person_id, r.ticket_type_id, r.state,
    s.form_id, s.time_limit, s.attendance
FROM registrations r
JOIN exam_registrations s ON s.org_id = r.org_id AND s.registration_id = r.id
WHERE r.org_id = :org_id AND r.uuid = :uuid;

-- name: lock_sitting(org_id, uuid)^ -> Sitting | None
-- Locks the row on PostgreSQL (see the override).
SELECT r.id AS registration_id, r.uuid, r.event_id, r.person_id, r.ticket_type_id, r.state,
    s.form_id, s.time_limit, s.attendance
FROM registrations r
JOIN exam_registrations s ON s.org_id = r.org_id AND s.registration_id = r.id
WHERE r.org_id = :org_id AND r.uuid = :uuid;

-- name: move_sitting(org_id, registration_id, event_id, sequence: int, seat: int | None)!
UPDATE exam_registrations
SET event_id = :event_id, sequence = :sequence, seat = CAST(:seat AS BIGINT)
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: set_form(org_id, registration_id, form_id)!
UPDATE exam_registrations SET form_id = :form_id
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: set_attendance(org_id, registration_id, attendance)!
UPDATE exam_registrations SET attendance = :attendance
WHERE org_id = :org_id AND registration_id = :registration_id AND attendance <> :attendance;

-- name: set_grading(org_id, registration_id, grading)!
UPDATE exam_registrations SET grading = :grading
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: free_seat(org_id, registration_id)!
UPDATE exam_registrations SET seat = NULL
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: set_time_limit(org_id, registration_id)!
-- The form's time and all extensions.
UPDATE exam_registrations SET time_limit =
    coalesce((SELECT f.time_limit FROM assessment_forms f
        WHERE f.org_id = exam_registrations.org_id AND f.id = exam_registrations.form_id), 0)
    + coalesce((SELECT CAST(sum(a.time_extension) AS BIGINT) FROM exam_accommodations a
        WHERE a.org_id = exam_registrations.org_id
        AND a.registration_id = exam_registrations.registration_id), 0)
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: set_accommodation(org_id, registration_id, type_key, type, name, time_extension: int, now)!
INSERT INTO exam_accommodations (org_id, registration_id, type_key, type, name, time_extension,
    granted_at)
VALUES (:org_id, :registration_id, :type_key, :type, :name, :time_extension, :now)
ON CONFLICT (org_id, registration_id, type_key) DO UPDATE SET
    type = excluded.type, name = excluded.name, time_extension = excluded.time_extension,
    granted_at = excluded.granted_at;

-- name: delete_accommodation(org_id, registration_id, type_key)!
DELETE FROM exam_accommodations
WHERE org_id = :org_id AND registration_id = :registration_id AND type_key = :type_key;

-- name: list_accommodations(org_id, registration_id) -> Accommodation
SELECT type, name, time_extension FROM exam_accommodations
WHERE org_id = :org_id AND registration_id = :registration_id ORDER BY type_key;

-- name: add_changes(org_id, id: int, registration_id, registration_uuid, type, actor, reason,
--     was, became, now)*!
INSERT INTO exam_changes (org_id, id, registration_id, registration_uuid, type, at, actor, reason,
    was, became)
VALUES (:org_id, :id, :registration_id, :registration_uuid, :type, :now, :actor, :reason, :was,
    :became);

-- name: touch_sitting(org_id, registration_id, type, now)!
UPDATE exam_registrations SET changed_at = :now, change_type = :type
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: list_changes(org_id, registration_uuid)
--     -> (type: str, at: int, actor: str, reason: str, was: str, became: str)
SELECT type, at, actor, reason, was, became FROM exam_changes
WHERE org_id = :org_id AND registration_uuid = :registration_uuid ORDER BY at, id;

-- name: delete_accommodations(org_id, registration_id)!
DELETE FROM exam_accommodations WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: delete_sitting(org_id, registration_id)!
DELETE FROM exam_registrations WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: delete_ticket_mails(org_id, registration_id)!
DELETE FROM ticket_mails WHERE org_id = :org_id AND ticket_id IN (
    SELECT id FROM tickets WHERE org_id = :org_id AND registration_id = :registration_id);

-- name: delete_payments(org_id, registration_id)!
DELETE FROM payments WHERE org_id = :org_id AND ticket_id IN (
    SELECT id FROM tickets WHERE org_id = :org_id AND registration_id = :registration_id);

-- name: delete_tickets(org_id, registration_id)!
DELETE FROM tickets WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: delete_registration(org_id, registration_id)!
DELETE FROM registrations WHERE org_id = :org_id AND id = :registration_id;

-- == searching ==

-- name: get_found(org_id, uuid)^ -> SittingRecord | None
SELECT r.uuid, s.attendance, s.changed_at, s.change_type, e.uuid AS event_uuid,
    x.number AS event_number, x.exam_format AS event_format, x.exam_type AS event_type, e.starts_at,
    e.timezone, v.uuid AS venue_uuid, p.uuid AS learner_uuid, l.code AS learner_code, p.first_name,
    p.last_name, p.email, f.uuid AS form_uuid, f.code AS form_code, f.name AS form_name,
    f.title AS form_title
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
JOIN exams x ON x.org_id = s.org_id AND x.event_id = s.event_id
JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id
JOIN people p ON p.org_id = s.org_id AND p.id = s.person_id
JOIN learners l ON l.org_id = s.org_id AND l.person_id = s.person_id
LEFT JOIN assessment_forms f ON f.org_id = s.org_id AND f.id = s.form_id
WHERE r.org_id = :org_id AND r.uuid = :uuid;

-- name: list_changed(org_id, since, until)
--     -> (uuid: str, attendance: str, changed_at: int, change_type: str, event_uuid: str,
--         number: int, exam_format: str, exam_type: str, starts_at: int, timezone: str,
--         venue_uuid: str, person_uuid: str, learner_code: str, first_name: str, last_name: str,
--         email: str, form_uuid: str | None, form_code: str | None, name: str | None,
--         title: str | None)
-- Newest change first.
SELECT r.uuid, s.attendance, s.changed_at, s.change_type, e.uuid, x.number, x.exam_format,
    x.exam_type, e.starts_at, e.timezone, v.uuid, p.uuid, l.code, p.first_name, p.last_name,
    p.email,
    f.uuid, f.code, f.name, f.title
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
JOIN exams x ON x.org_id = s.org_id AND x.event_id = s.event_id
JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id
JOIN people p ON p.org_id = s.org_id AND p.id = s.person_id
JOIN learners l ON l.org_id = s.org_id AND l.person_id = s.person_id
LEFT JOIN assessment_forms f ON f.org_id = s.org_id AND f.id = s.form_id
WHERE s.org_id = :org_id AND s.changed_at >= :since AND s.changed_at < :until
ORDER BY s.changed_at DESC, s.registration_id DESC;

-- name: list_people_changed(org_id, name, email, code, since, until)
--     -> (uuid: str, attendance: str, changed_at: int, change_type: str, event_uuid: str,
--         number: int, exam_format: str, exam_type: str, starts_at: int, timezone: str,
--         venue_uuid: str, person_uuid: str, learner_code: str, first_name: str, last_name: str,
--         email: str, form_uuid: str | None, form_code: str | None, name: str | None,
--         title: str | None)
-- Newest change first. The texts are folded patterns for LIKE, with ! before what would be a
-- wildcard.
SELECT r.uuid, s.attendance, s.changed_at, s.change_type, e.uuid, x.number, x.exam_format,
    x.exam_type, e.starts_at, e.timezone, v.uuid, p.uuid, l.code, p.first_name, p.last_name,
    p.email,
    f.uuid, f.code, f.name, f.title
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
JOIN exams x ON x.org_id = s.org_id AND x.event_id = s.event_id
JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id
JOIN people p ON p.org_id = s.org_id AND p.id = s.person_id
JOIN learners l ON l.org_id = s.org_id AND l.person_id = s.person_id
LEFT JOIN assessment_forms f ON f.org_id = s.org_id AND f.id = s.form_id
WHERE s.org_id = :org_id AND s.changed_at >= :since AND s.changed_at < :until
    AND s.person_id IN (
        SELECT w.person_id FROM learners w WHERE w.org_id = :org_id
        AND w.name_key LIKE :name ESCAPE '!' AND w.email_key LIKE :email ESCAPE '!'
        AND w.code_key LIKE :code ESCAPE '!')
ORDER BY s.changed_at DESC, s.registration_id DESC;

-- name: count_changed(org_id, since, until)$ -> int
SELECT count(*) FROM exam_registrations
WHERE org_id = :org_id AND changed_at >= :since AND changed_at < :until;

-- name: count_people_changed(org_id, name, email, code, since, until)$ -> int
SELECT count(*) FROM exam_registrations s
WHERE s.org_id = :org_id AND s.changed_at >= :since AND s.changed_at < :until
    AND s.person_id IN (
        SELECT w.person_id FROM learners w WHERE w.org_id = :org_id
        AND w.name_key LIKE :name ESCAPE '!' AND w.email_key LIKE :email ESCAPE '!'
        AND w.code_key LIKE :code ESCAPE '!');

-- == printing ==

-- name: has_candidates(org_id, event_id)$ -> int | None
SELECT 1 FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
JOIN learners l ON l.org_id = s.org_id AND l.person_id = s.person_id
WHERE s.org_id = :org_id AND s.event_id = :event_id LIMIT 1;

-- name: list_candidates(org_id, event_id)
--     -> (first_name: str, last_name: str, code: str, passcode: str, title: str | None)
SELECT p.first_name, p.last_name, l.code, s.passcode, f.title
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
JOIN people p ON p.org_id = s.org_id AND p.id = s.person_id
JOIN learners l ON l.org_id = s.org_id AND l.person_id = s.person_id
LEFT JOIN assessment_forms f ON f.org_id = s.org_id AND f.id = s.form_id
WHERE s.org_id = :org_id AND s.event_id = :event_id ORDER BY s.sequence;

-- name: find_place(org_id, registration_id)^ -> sittings.ExamPlace | None
-- Where somebody sits, by their registration.
SELECT r.uuid, coalesce(o.name, '') AS room, s.seat, coalesce(f.title, '') AS form, s.grading
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
LEFT JOIN assessment_forms f ON f.org_id = s.org_id AND f.id = s.form_id
LEFT JOIN exams x ON x.org_id = s.org_id AND x.event_id = s.event_id
LEFT JOIN rooms o ON o.org_id = s.org_id AND o.id = x.room_id
WHERE s.org_id = :org_id AND s.registration_id = :registration_id;

-- == on the day ==

-- name: list_roll(org_id, event_id, after: int, limit)
--     -> (registration_id: RegistrationId, uuid: str, sequence: int, seat: int | None,
--         first_name: str, last_name: str, code: str, email: str, form: str | None,
--         minutes: int, attendance: str, grading: str)
-- The candidates of an exam after a sequence number.
SELECT s.registration_id, r.uuid, s.sequence, s.seat, p.first_name, p.last_name, l.code, p.email,
    f.title AS form, s.time_limit AS minutes, s.attendance, s.grading
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
JOIN people p ON p.org_id = s.org_id AND p.id = s.person_id
JOIN learners l ON l.org_id = s.org_id AND l.person_id = s.person_id
LEFT JOIN assessment_forms f ON f.org_id = s.org_id AND f.id = s.form_id
WHERE s.org_id = :org_id AND s.event_id = :event_id AND s.sequence > :after
ORDER BY s.sequence LIMIT :limit;

-- name: list_exam_accommodations(org_id, event_id)
--     -> (registration_id: RegistrationId, type: str, name: str, time_extension: int)
SELECT a.registration_id, a.type, a.name, a.time_extension
FROM exam_registrations s
JOIN exam_accommodations a ON a.org_id = s.org_id AND a.registration_id = s.registration_id
WHERE s.org_id = :org_id AND s.event_id = :event_id
ORDER BY a.registration_id, a.type_key;

-- name: find_room(org_id, id: RoomId)^ -> (name: str, seats: int) | None
SELECT name, seats FROM rooms WHERE org_id = :org_id AND id = :id;

-- name: list_learner_sittings(org_id, event_id, code_key) -> (uuid: str)
-- A learner's registrations in an exam; two are enough to know that there are several.
SELECT r.uuid
FROM learners l
JOIN exam_registrations s ON s.org_id = l.org_id AND s.person_id = l.person_id
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
WHERE l.org_id = :org_id AND l.code_key = :code_key AND s.event_id = :event_id
ORDER BY s.sequence LIMIT 2;

-- name: list_pending(org_id, event_id, limit) -> (uuid: str)
SELECT r.uuid
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
WHERE s.org_id = :org_id AND s.event_id = :event_id AND s.attendance = 'Pending'
ORDER BY s.sequence LIMIT :limit;

-- name: mark_ticket(org_id, registration_id, at: int | None, now)!
-- The door sees what the invigilator wrote down: checked in at that time, or not at all.
UPDATE tickets SET checked_in_at = CAST(:at AS BIGINT), updated_at = :now
WHERE org_id = :org_id AND registration_id = :registration_id AND state = 'valid'
    AND (checked_in_at IS NULL) <> (CAST(:at AS BIGINT) IS NULL);

-- name: set_seat(org_id, registration_id, seat: int | None)!
UPDATE exam_registrations SET seat = CAST(:seat AS BIGINT)
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: find_own_seat(org_id, registration_id)$ -> int | None
SELECT seat FROM exam_registrations
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: find_seat(org_id, event_id, seat: int)$ -> RegistrationId | None
SELECT s.registration_id FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
WHERE s.org_id = :org_id AND s.event_id = :event_id AND s.seat = :seat;

-- name: list_seated(org_id, event_id) -> (registration_id: RegistrationId, seat: int | None)
SELECT s.registration_id, s.seat FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
WHERE s.org_id = :org_id AND s.event_id = :event_id ORDER BY s.sequence;

-- name: list_confirmed(org_id, event_id, limit) -> (uuid: str)
-- Candidates who are still expected.
SELECT r.uuid FROM registrations r
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed' AND r.sitting <> 0
ORDER BY r.id LIMIT :limit;

-- == browsing ==

-- name: list_planned(org_id, from_at: int, until_at: int, venue_id, state, after_at: int,
--     after_id: int, limit)
--     -> calendars.PlannedExam
-- Exams that overlap the span, by their start, after that start and number. `longest` is the time
-- (minutes) of the candidate who has most, `unseated` how many have no seat.
SELECT e.id AS event_id, x.number, e.title, e.state, x.kind, v.id AS venue_id,
    v.name AS venue_name, e.timezone, e.starts_at, e.ends_at, e.capacity, e.held, x.room_id,
    m.name AS room_name,
    (SELECT max(s.time_limit) FROM exam_registrations s
        JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
            AND r.state = 'confirmed'
        WHERE s.org_id = x.org_id AND s.event_id = x.event_id) AS longest,
    (SELECT count(*) FROM exam_registrations s
        JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
            AND r.state = 'confirmed'
        WHERE s.org_id = x.org_id AND s.event_id = x.event_id AND s.seat IS NULL) AS unseated
FROM exams x
JOIN events e ON e.org_id = x.org_id AND e.id = x.event_id
JOIN venues v ON v.org_id = e.org_id AND v.id = e.venue_id
LEFT JOIN rooms m ON m.org_id = x.org_id AND m.id = x.room_id
WHERE x.org_id = :org_id AND e.starts_at < :until_at AND e.ends_at > :from_at
    AND (:venue_id = 0 OR v.id = :venue_id)
    AND (:state = '' OR e.state = :state)
    AND (e.starts_at > :after_at OR (e.starts_at = :after_at AND e.id > :after_id))
ORDER BY e.starts_at, e.id LIMIT :limit;

-- part: listed_candidates
-- Candidates of exams as lists show them.
SELECT s.registration_id, r.uuid, r.event_id, s.person_id, p.uuid AS learner_uuid, r.state,
    s.sequence, s.seat, p.first_name, p.last_name, l.code, p.email, f.code AS form_code,
    f.title AS form, s.registrant_type, s.time_limit AS minutes, s.attendance, s.grading
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
JOIN people p ON p.org_id = s.org_id AND p.id = s.person_id
JOIN learners l ON l.org_id = s.org_id AND l.person_id = s.person_id
LEFT JOIN assessment_forms f ON f.org_id = s.org_id AND f.id = s.form_id

-- name: list_listed(org_id, event_id, state, like, after: int, limit)
--     -> browsing.ListedCandidate
-- Candidates of an exam after a sequence number, cancelled ones too. The pattern is a folded one
-- for LIKE, with ! before what would be a wildcard.
-- use: listed_candidates
WHERE s.org_id = :org_id AND s.event_id = :event_id AND s.sequence > :after
    AND (:state = '' OR r.state = :state)
    AND (l.name_key LIKE :like ESCAPE '!' OR l.email_key LIKE :like ESCAPE '!'
        OR l.code_key LIKE :like ESCAPE '!')
ORDER BY s.sequence LIMIT :limit;

-- name: find_listed(org_id, uuid)^ -> browsing.ListedCandidate | None
-- use: listed_candidates
WHERE r.org_id = :org_id AND r.uuid = :uuid;

-- name: count_by_state(org_id, event_id) -> (state: str, candidates: int)
SELECT r.state, count(*) AS candidates
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
WHERE s.org_id = :org_id AND s.event_id = :event_id GROUP BY r.state;

-- name: list_close(org_id, event_id, gap: int, limit) -> browsing.CloseExam
-- Candidates of an exam who sit another one at the same time, or less than `gap` ms before or
-- after.
SELECT r.uuid, p.first_name, p.last_name, e.starts_at, s.time_limit AS minutes,
    oe.id AS other_event_id, oe.title AS other_title, oe.starts_at AS other_starts_at,
    os.time_limit AS other_minutes
FROM exam_registrations s
JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id AND r.state = 'confirmed'
JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
JOIN people p ON p.org_id = s.org_id AND p.id = s.person_id
JOIN exam_registrations os ON os.org_id = s.org_id AND os.person_id = s.person_id
    AND os.registration_id <> s.registration_id
JOIN registrations o ON o.org_id = os.org_id AND o.id = os.registration_id
    AND o.state = 'confirmed'
JOIN events oe ON oe.org_id = os.org_id AND oe.id = os.event_id
WHERE s.org_id = :org_id AND s.event_id = :event_id
    AND oe.starts_at < e.starts_at + s.time_limit * 60000 + :gap
    AND oe.starts_at + os.time_limit * 60000 + :gap > e.starts_at
ORDER BY s.sequence, os.registration_id LIMIT :limit;

-- name: list_found_learners(org_id, like, after: str, limit) -> Learner
-- Learners by code, after a folded code.
SELECT p.id AS person_id, p.uuid, l.code, p.email, p.first_name, p.last_name
FROM learners l JOIN people p ON p.org_id = l.org_id AND p.id = l.person_id
WHERE l.org_id = :org_id AND l.code_key > :after
    AND (l.name_key LIKE :like ESCAPE '!' OR l.email_key LIKE :like ESCAPE '!'
        OR l.code_key LIKE :like ESCAPE '!')
ORDER BY l.code_key LIMIT :limit;

-- name: list_seen_learners(org_id, user_id, is_limited: int, like, after: str, limit) -> Learner
-- `list_found_learners` without those who are only in events that are hidden from the user: those
-- that only named people see, or (limited) that do not name the user.
WITH hidden AS (
    SELECT e.id FROM events e
    WHERE e.org_id = :org_id AND (CAST(:is_limited AS BIGINT) = 1 OR EXISTS (
            SELECT 1 FROM limited_events v WHERE v.org_id = e.org_id AND v.event_id = e.id))
        AND NOT EXISTS (SELECT 1 FROM staff_events s
            WHERE s.org_id = e.org_id AND s.event_id = e.id AND s.user_id = :user_id))
SELECT p.id AS person_id, p.uuid, l.code, p.email, p.first_name, p.last_name
FROM learners l JOIN people p ON p.org_id = l.org_id AND p.id = l.person_id
WHERE l.org_id = :org_id AND l.code_key > :after
    AND (l.name_key LIKE :like ESCAPE '!' OR l.email_key LIKE :like ESCAPE '!'
        OR l.code_key LIKE :like ESCAPE '!')
    AND (NOT EXISTS (
        SELECT 1 FROM people q WHERE q.org_id = l.org_id
            AND (q.id = l.person_id OR q.merged_into = l.person_id) AND (
            EXISTS (SELECT 1 FROM registrations x WHERE x.org_id = q.org_id
                AND x.person_id = q.id AND x.event_id IN (SELECT id FROM hidden))
            OR EXISTS (SELECT 1 FROM invitations x WHERE x.org_id = q.org_id
                AND x.person_id = q.id AND x.event_id IN (SELECT id FROM hidden))
            OR EXISTS (SELECT 1 FROM waiting_entries x WHERE x.org_id = q.org_id
                AND x.person_id = q.id AND x.event_id IN (SELECT id FROM hidden))
            OR EXISTS (SELECT 1 FROM parties x WHERE x.org_id = q.org_id
                AND x.contact_id = q.id AND x.event_id IN (SELECT id FROM hidden))))
        OR EXISTS (
        SELECT 1 FROM people q WHERE q.org_id = l.org_id
            AND (q.id = l.person_id OR q.merged_into = l.person_id) AND (
            EXISTS (SELECT 1 FROM registrations x WHERE x.org_id = q.org_id
                AND x.person_id = q.id AND x.event_id NOT IN (SELECT id FROM hidden))
            OR EXISTS (SELECT 1 FROM invitations x WHERE x.org_id = q.org_id
                AND x.person_id = q.id AND x.event_id NOT IN (SELECT id FROM hidden))
            OR EXISTS (SELECT 1 FROM waiting_entries x WHERE x.org_id = q.org_id
                AND x.person_id = q.id AND x.event_id NOT IN (SELECT id FROM hidden))
            OR EXISTS (SELECT 1 FROM parties x WHERE x.org_id = q.org_id
                AND x.contact_id = q.id AND x.event_id NOT IN (SELECT id FROM hidden)))))
ORDER BY l.code_key LIMIT :limit;

-- == rooms ==

-- name: list_all_rooms(org_id) -> rooms.UsedRoom
-- The rooms of all venues by name; `exams` is how many exams are in each.
SELECT m.id, m.venue_id, m.name, m.seats,
    (SELECT count(*) FROM exams x WHERE x.org_id = m.org_id AND x.room_id = m.id) AS exams
FROM rooms m WHERE m.org_id = :org_id ORDER BY m.venue_id, m.name;

-- name: list_venue_uses(org_id) -> (venue_id: VenueId, events: int)
SELECT venue_id, count(*) AS events FROM events
WHERE org_id = :org_id AND venue_id IS NOT NULL GROUP BY venue_id;

-- name: list_room_exams(org_id, room_id) -> (event_id: EventId, held: int, highest: int | None)
-- The exams in a room, with the number of their candidates and the highest seat that is given.
SELECT x.event_id, e.held,
    (SELECT max(s.seat) FROM exam_registrations s
        JOIN registrations r ON r.org_id = s.org_id AND r.id = s.registration_id
            AND r.state = 'confirmed'
        WHERE s.org_id = x.org_id AND s.event_id = x.event_id) AS highest
FROM exams x JOIN events e ON e.org_id = x.org_id AND e.id = x.event_id
WHERE x.org_id = :org_id AND x.room_id = :room_id ORDER BY x.event_id;

-- name: find_room_named(org_id, venue_id, name)$ -> RoomId | None
SELECT id FROM rooms WHERE org_id = :org_id AND venue_id = :venue_id AND name = :name;

-- name: change_room(org_id, id: RoomId, name, seats: int)!
UPDATE rooms SET name = :name, seats = :seats WHERE org_id = :org_id AND id = :id;

-- name: remove_room(org_id, id: RoomId)!
DELETE FROM rooms WHERE org_id = :org_id AND id = :id;

-- name: remove_rooms(org_id, venue_id)!
DELETE FROM rooms WHERE org_id = :org_id AND venue_id = :venue_id;

-- name: remove_slots(org_id, venue_id)!
DELETE FROM exam_slots WHERE org_id = :org_id AND venue_id = :venue_id;

-- name: remove_venue(org_id, venue_id)!
DELETE FROM venues WHERE org_id = :org_id AND id = :venue_id;

-- == changing ==

-- name: change_exam(org_id, event_id, exam_type, exam_format, billing_code,
--     registration_limit: int | None, is_on_calendar: int, has_own_title: int)!
UPDATE exams SET exam_type = :exam_type, exam_format = :exam_format,
    billing_code = :billing_code, registration_limit = CAST(:registration_limit AS BIGINT),
    is_on_calendar = :is_on_calendar, has_own_title = :has_own_title
WHERE org_id = :org_id AND event_id = :event_id;

-- name: reseat(org_id, registration_id, sequence: int, seat: int | None)!
-- A candidate who was cancelled is back: the last of the exam's sequence.
UPDATE exam_registrations
SET attendance = 'Pending', sequence = :sequence, seat = CAST(:seat AS BIGINT)
WHERE org_id = :org_id AND registration_id = :registration_id;
