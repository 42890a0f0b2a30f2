-- name: list_double_waits(org_id, kept_id: PersonId, other_id: PersonId) -> (id: EntryId)
-- Open entries that one person would have too many: the newer of two, any beside a registration.
SELECT w.id FROM waiting_entries w
WHERE w.org_id = :org_id AND w.person_id IN (:kept_id, :other_id)
    AND w.state IN ('waiting', 'offered')
    AND (EXISTS (SELECT 1 FROM waiting_entries o
            WHERE o.org_id = w.org_id AND o.event_id = w.event_id
                AND o.person_id IN (:kept_id, :other_id) AND o.person_id <> w.person_id
                AND o.state IN ('waiting', 'offered') AND o.id < w.id)
        OR EXISTS (SELECT 1 FROM registrations r
            WHERE r.org_id = w.org_id AND r.event_id = w.event_id AND r.sitting = 0
                AND r.person_id IN (:kept_id, :other_id) AND r.person_id <> w.person_id
                AND r.state = 'confirmed'))
ORDER BY w.id;

-- name: list_open_entries(org_id, person_id) -> (id: EntryId)
SELECT id FROM waiting_entries
WHERE org_id = :org_id AND person_id = :person_id AND state IN ('waiting', 'offered') ORDER BY id;

-- name: list_pairs(org_id, kept_id: PersonId, other_id: PersonId)
--     -> (kept: RegistrationId, other: RegistrationId)
SELECT a.id AS kept, b.id AS other FROM registrations a
JOIN registrations b ON b.org_id = a.org_id AND b.event_id = a.event_id AND b.sitting = a.sitting
WHERE a.org_id = :org_id AND a.person_id = :kept_id AND b.person_id = :other_id
ORDER BY a.event_id;

-- name: hand_over(org_id, id: RegistrationId, person_id, sitting: int)!
UPDATE registrations SET person_id = :person_id, sitting = :sitting
WHERE org_id = :org_id AND id = :id;

-- name: move_registrations(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE registrations SET person_id = :to_id
WHERE org_id = :org_id AND person_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM registrations o WHERE o.org_id = registrations.org_id
        AND o.person_id = :to_id AND o.event_id = registrations.event_id
        AND o.sitting = registrations.sitting);

-- name: move_waiting_entries(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE waiting_entries SET person_id = :to_id WHERE org_id = :org_id AND person_id = :from_id;

-- name: move_invitations(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE invitations SET person_id = :to_id
WHERE org_id = :org_id AND person_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM invitations o WHERE o.org_id = invitations.org_id
        AND o.campaign_id = invitations.campaign_id AND o.person_id = :to_id);

-- name: move_candidates(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE exam_registrations SET person_id = :to_id WHERE org_id = :org_id AND person_id = :from_id;

-- name: move_parties(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE parties SET contact_id = :to_id WHERE org_id = :org_id AND contact_id = :from_id;

-- name: move_queue_items(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE queue_items SET person_id = :to_id WHERE org_id = :org_id AND person_id = :from_id;

-- name: move_ticket(org_id, id: TicketId, to_id: RegistrationId, now)!
UPDATE tickets SET registration_id = :to_id, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: move_bookings(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE session_bookings SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM session_bookings o WHERE o.org_id = session_bookings.org_id
        AND o.registration_id = :to_id AND o.session_id = session_bookings.session_id);

-- name: move_notes(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE registration_notes SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM registration_notes o WHERE o.org_id = registration_notes.org_id
        AND o.registration_id = :to_id AND o.id = registration_notes.id);

-- name: move_tags(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE registration_tags SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM registration_tags o WHERE o.org_id = registration_tags.org_id
        AND o.registration_id = :to_id AND o.tag_key = registration_tags.tag_key);

-- name: move_viewings(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE viewings SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id
    AND event_id = (SELECT event_id FROM registrations WHERE org_id = :org_id AND id = :from_id)
    AND NOT EXISTS (
    SELECT 1 FROM viewings o WHERE o.org_id = viewings.org_id
        AND o.event_id = viewings.event_id AND o.registration_id = :to_id
        AND o.mode = viewings.mode AND o.session_id = viewings.session_id
        AND o.starts_at <= viewings.ends_at AND o.ends_at >= viewings.starts_at);

-- name: move_questions(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE questions SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id
    AND event_id = (SELECT event_id FROM registrations WHERE org_id = :org_id AND id = :from_id);

-- name: move_survey_answers(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE survey_answers SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id
    AND event_id = (SELECT event_id FROM registrations WHERE org_id = :org_id AND id = :from_id)
    AND NOT EXISTS (
    SELECT 1 FROM survey_answers o WHERE o.org_id = survey_answers.org_id
        AND o.event_id = survey_answers.event_id AND o.registration_id = :to_id
        AND o.is_poll = survey_answers.is_poll AND o.survey_id = survey_answers.survey_id);

-- name: list_parts(org_id, person_id) -> (event: str, what: str, state: str, at: int)
SELECT e.title AS event, x.what, x.state, x.created_at AS at
FROM (
    SELECT event_id, CASE sitting WHEN 0 THEN 'registration' ELSE 'exam' END AS what, state,
        created_at
    FROM registrations WHERE org_id = :org_id AND person_id = :person_id
    UNION ALL
    SELECT event_id, 'waiting list', state, created_at
    FROM waiting_entries WHERE org_id = :org_id AND person_id = :person_id
    UNION ALL
    SELECT event_id, 'invitation',
        CASE WHEN declined_at IS NOT NULL THEN 'declined' WHEN sent_at IS NOT NULL THEN 'sent'
            ELSE 'not sent' END,
        created_at
    FROM invitations WHERE org_id = :org_id AND person_id = :person_id
) x
JOIN events e ON e.org_id = :org_id AND e.id = x.event_id
ORDER BY x.created_at, x.what, e.id;

-- name: list_addresses(org_id, person_id) -> (email: str, phone: str)
SELECT email, phone FROM people
WHERE org_id = :org_id AND (id = :person_id OR merged_into = :person_id)
UNION ALL
SELECT CASE medium WHEN 'email' THEN address ELSE '' END,
    CASE medium WHEN 'phone' THEN address ELSE '' END
FROM former_addresses WHERE org_id = :org_id AND person_id = :person_id;

-- name: list_answers(org_id, person_id) -> (answers: str)
SELECT r.answers FROM registrations r JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND (p.id = :person_id OR p.merged_into = :person_id);

-- name: find_uuid(org_id, id: PersonId)$ -> str | None
SELECT uuid FROM people WHERE org_id = :org_id AND id = :id AND merged_into IS NULL;

-- name: add_erasure(org_id, person_id, uuid, now, marks)!
INSERT INTO erasures (org_id, person_id, uuid, asked_at, marks, place, after, counts)
VALUES (:org_id, :person_id, :uuid, :now, :marks, 0, '', '{}')
ON CONFLICT (org_id, person_id) DO UPDATE SET asked_at = excluded.asked_at, marks = excluded.marks,
    place = 0, after = '', done_at = NULL, cleaned_at = NULL;

-- name: find_open_erasure()^
--     -> (org_id: OrgId, person_id: PersonId, marks: str, place: int, after: str,
--         counts: str) | None
-- crosses organizations: a worker erases for all of them.
SELECT org_id, person_id, marks, place, after, counts FROM erasures
WHERE cleaned_at IS NULL AND done_at IS NULL ORDER BY asked_at, person_id LIMIT 1;

-- name: move_erasure(org_id, person_id, from_place: int, from_after: str, place: int, after: str,
--     counts, marks, done_at: int | None)!
UPDATE erasures SET place = :place, after = :after, counts = :counts, marks = :marks,
    done_at = CAST(:done_at AS BIGINT)
WHERE org_id = :org_id AND person_id = :person_id AND place = :from_place AND after = :from_after
    AND done_at IS NULL;

-- name: list_uncleaned() -> (org_id: OrgId, person_id: PersonId)
-- crosses organizations: the disk is one for all of them.
SELECT org_id, person_id FROM erasures WHERE cleaned_at IS NULL AND done_at IS NOT NULL LIMIT 1000;

-- name: mark_cleaned(org_id, person_id, now)!
UPDATE erasures SET cleaned_at = :now WHERE org_id = :org_id AND person_id = :person_id;

-- name: blank_personal_job(org_id, id: JobId)!
-- A job to one person alone is a message to them; one to many is everybody's.
UPDATE jobs SET name = '', content = '{}', options = '{}'
WHERE org_id = :org_id AND id = :id AND total = 1 AND open = 0;

-- name: is_notice(org_id, id: JobId)$ -> int
-- Whether it is a mail of the product to one address.
SELECT CASE WHEN EXISTS (SELECT 1 FROM jobs
    WHERE org_id = :org_id AND id = :id AND kind = 'notice' AND total = 1) THEN 1 ELSE 0 END;

-- name: is_of_erased(org_id, id: CallbackId)$ -> int
-- Whether a callback tells of a message whose recipient was erased. Messages go first.
SELECT CASE WHEN EXISTS (SELECT 1 FROM callbacks c
    JOIN recipients r ON r.org_id = c.org_id AND r.job_id = c.job_id AND r.id = c.recipient_id
    WHERE c.org_id = :org_id AND c.id = :id AND r.address = '' AND r.destination = '')
    THEN 1 ELSE 0 END;

-- name: delete_callback_attempts(org_id, id: CallbackId)!
DELETE FROM callback_attempts WHERE org_id = :org_id AND callback_id = :id;

-- name: list_personal_files(org_id, job_id) -> (digest: str)
SELECT DISTINCT f.digest FROM job_files f JOIN jobs j ON j.org_id = f.org_id AND j.id = f.job_id
WHERE f.org_id = :org_id AND f.job_id = :job_id AND j.total = 1;

-- name: forget_job_files(org_id, job_id, digest)!
DELETE FROM job_files WHERE org_id = :org_id AND job_id = :job_id AND digest = :digest;

-- name: forget_file(org_id, digest)!
DELETE FROM job_files WHERE org_id = :org_id AND digest = :digest;

-- name: shorten_list(org_id, id: ListId)!
UPDATE user_lists SET entries = entries - 1 WHERE org_id = :org_id AND id = :id AND entries > 0;

-- name: list_erased() -> (org_id: OrgId, person_id: PersonId, uuid: str)
-- crosses organizations: a backup has all of them.
SELECT org_id, person_id, uuid FROM erasures ORDER BY org_id, person_id;
