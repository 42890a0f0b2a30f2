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

-- name: hand_over(org_id, id: RegistrationId, person_id, sitting: int, now)!
UPDATE registrations SET person_id = :person_id, sitting = :sitting, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: move_registrations(org_id, from_id: PersonId, to_id: PersonId, now)!
UPDATE registrations SET person_id = :to_id, updated_at = :now
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

-- name: list_double_invitations(org_id, kept_id: PersonId, other_id: PersonId)
--     -> (mine: InviteeId, theirs: InviteeId, said: str)
-- Two invitations of one campaign, and what one person who has both said: the stronger of two.
SELECT a.id AS mine, b.id AS theirs,
    CASE WHEN a.state = 'confirmed' OR b.state = 'confirmed' THEN 'confirmed'
        WHEN a.state = 'declined' OR b.state = 'declined' THEN 'declined' ELSE 'pending' END AS said
FROM invitation_states a
JOIN invitation_states b ON b.org_id = a.org_id AND b.campaign_id = a.campaign_id
WHERE a.org_id = :org_id AND a.person_id = :kept_id AND b.person_id = :other_id
ORDER BY a.id;

-- name: join_invitations(org_id, mine: InviteeId, theirs: InviteeId, said: str, now)!
UPDATE invitations SET
    sent_at = coalesce(invitations.sent_at, o.sent_at),
    reminded_at = coalesce(invitations.reminded_at, o.reminded_at),
    reminders = invitations.reminders + o.reminders,
    declined_at = CASE WHEN :said = 'confirmed' THEN NULL
        ELSE coalesce(invitations.declined_at, o.declined_at) END,
    declined_after = CASE WHEN :said = 'confirmed' THEN 0
        WHEN invitations.declined_after > o.declined_after THEN invitations.declined_after
        ELSE o.declined_after END,
    confirmed_at = CASE WHEN :said = 'declined' THEN NULL
        WHEN invitations.confirmed_at > o.confirmed_at THEN invitations.confirmed_at
        ELSE coalesce(o.confirmed_at, invitations.confirmed_at) END,
    updated_at = :now
FROM invitations o
WHERE invitations.org_id = :org_id AND invitations.id = :mine AND o.org_id = :org_id
    AND o.id = :theirs;

-- name: regrant_tickets(org_id, person_id, mine: InviteeId, theirs: InviteeId)!
-- What the one invitation gave the person, the other gives now.
UPDATE tickets SET grant_id = :mine
WHERE org_id = :org_id AND granted_by = 'invitation' AND grant_id = :theirs
    AND registration_id IN (
        SELECT id FROM registrations WHERE org_id = :org_id AND person_id = :person_id);

-- name: end_invitations(org_id, person_id)!
-- Those that the person, or somebody who was merged into them, has not answered.
DELETE FROM invitations WHERE org_id = :org_id AND id IN (
    SELECT i.id FROM invitation_states i
    JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id
    WHERE i.org_id = :org_id AND (p.id = :person_id OR p.merged_into = :person_id)
        AND i.state = 'pending');

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

-- name: move_votes(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE question_votes SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM question_votes o WHERE o.org_id = question_votes.org_id
        AND o.question_id = question_votes.question_id AND o.registration_id = :to_id);

-- name: move_survey_answers(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE survey_answers SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id
    AND event_id = (SELECT event_id FROM registrations WHERE org_id = :org_id AND id = :from_id)
    AND NOT EXISTS (
    SELECT 1 FROM survey_answers o WHERE o.org_id = survey_answers.org_id
        AND o.event_id = survey_answers.event_id AND o.registration_id = :to_id
        AND o.is_poll = survey_answers.is_poll AND o.survey_id = survey_answers.survey_id);

-- name: list_parts(org_id, person_id) -> (event: str, what: str, state: str, at: int,
--     event_id: EventId)
SELECT e.title AS event, x.what, x.state, x.created_at AS at, x.event_id
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

-- name: find_event_named(org_id, id: EventId)^ -> (title: str, starts_at: int, timezone: str) | None
SELECT title, starts_at, timezone FROM events WHERE org_id = :org_id AND id = :id;

-- name: find_event_of(org_id, registration_id)$ -> EventId | None
SELECT event_id FROM registrations WHERE org_id = :org_id AND id = :registration_id;

-- name: find_session_title(org_id, id: SessionId)$ -> str | None
SELECT title FROM sessions WHERE org_id = :org_id AND id = :id;

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

-- name: find_erased_at(org_id, person_id)$ -> int | None
SELECT asked_at FROM erasures WHERE org_id = :org_id AND person_id = :person_id;

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

-- == retention ==

-- name: set_retention(org_id, event_id: EventId, days: int, exam_days: int | None,
--     payment_days: int | None, set_at: int, starts_at: int)!
INSERT INTO retention_rules (org_id, event_id, days, exam_days, payment_days, set_at, starts_at)
VALUES (:org_id, :event_id, :days, CAST(:exam_days AS BIGINT), CAST(:payment_days AS BIGINT),
    :set_at, :starts_at)
ON CONFLICT (org_id, event_id) DO UPDATE SET days = excluded.days, exam_days = excluded.exam_days,
    payment_days = excluded.payment_days, set_at = excluded.set_at, starts_at = excluded.starts_at;

-- name: delete_retention(org_id, event_id: EventId)!
DELETE FROM retention_rules WHERE org_id = :org_id AND event_id = :event_id;

-- name: list_retention(org_id)
--     -> (event_id: EventId, days: int, exam_days: int | None, payment_days: int | None,
--         set_at: int, starts_at: int)
SELECT event_id, days, exam_days, payment_days, set_at, starts_at FROM retention_rules
WHERE org_id = :org_id ORDER BY event_id;

-- name: list_runs(org_id, limit) -> (began_at: int, ended_at: int | None, counts: str)
SELECT began_at, ended_at, counts FROM retention_runs
WHERE org_id = :org_id ORDER BY began_at DESC LIMIT :limit;

-- name: find_open_run()^
--     -> (org_id: OrgId, began_at: int, phase: int, after: int, counts: str) | None
-- crosses organizations: a worker serves all of them.
SELECT org_id, began_at, phase, after, counts FROM retention_runs
WHERE ended_at IS NULL ORDER BY began_at, org_id LIMIT 1;

-- name: find_due_organization(now, since: int)$ -> OrgId | None
-- crosses organizations: a worker serves all of them.
SELECT r.org_id FROM (
    SELECT org_id, starts_at FROM retention_rules
    UNION ALL SELECT org_id, starts_at FROM message_retention) r
WHERE r.starts_at <= :now AND NOT EXISTS (
    SELECT 1 FROM retention_runs x WHERE x.org_id = r.org_id AND x.began_at > :since)
ORDER BY r.org_id LIMIT 1;

-- name: begin_run(org_id, began_at: int, since: int)!
INSERT INTO retention_runs (org_id, began_at, phase, after, counts)
SELECT :org_id, :began_at, 0, 0, '{}' WHERE NOT EXISTS (
    SELECT 1 FROM retention_runs x WHERE x.org_id = :org_id AND x.began_at > :since)
ON CONFLICT (org_id, began_at) DO NOTHING;

-- name: hold_run(org_id, began_at: int, phase: int, after: int, counts)!
-- Locks it, if it still stands there.
UPDATE retention_runs SET phase = :phase
WHERE org_id = :org_id AND began_at = :began_at AND phase = :phase AND after = :after
    AND counts = :counts AND ended_at IS NULL;

-- name: note_run(org_id, began_at: int, phase: int, after: int, counts, ended_at: int | None)!
UPDATE retention_runs SET phase = :phase, after = :after, counts = :counts,
    ended_at = CAST(:ended_at AS BIGINT)
WHERE org_id = :org_id AND began_at = :began_at;

-- name: bound_people(org_id, after: int, limit)$ -> int | None
SELECT max(id) FROM (SELECT id FROM people WHERE org_id = :org_id AND id > :after
    ORDER BY id LIMIT :limit) x;

-- name: list_over_people(org_id, after: int, until: int, now, starts_by: int) -> (id: PersonId)
-- People who took part in nothing that is still kept, and were not erased.
SELECT p.id FROM people p
WHERE p.org_id = :org_id AND p.id > :after AND p.id <= :until AND p.merged_into IS NULL
    AND NOT EXISTS (SELECT 1 FROM registrations r
        JOIN event_retention e ON e.org_id = r.org_id AND e.event_id = r.event_id
        WHERE r.org_id = p.org_id AND r.person_id = p.id
            AND (e.days IS NULL OR e.starts_at > :starts_by
                OR e.ends_at + e.days * 86400000 > :now))
    AND NOT EXISTS (SELECT 1 FROM waiting_entries w
        JOIN event_retention e ON e.org_id = w.org_id AND e.event_id = w.event_id
        WHERE w.org_id = p.org_id AND w.person_id = p.id
            AND (e.days IS NULL OR e.starts_at > :starts_by
                OR e.ends_at + e.days * 86400000 > :now))
    AND NOT EXISTS (SELECT 1 FROM invitations i
        JOIN event_retention e ON e.org_id = i.org_id AND e.event_id = i.event_id
        WHERE i.org_id = p.org_id AND i.person_id = p.id
            AND (e.days IS NULL OR e.starts_at > :starts_by
                OR e.ends_at + e.days * 86400000 > :now))
    AND NOT EXISTS (SELECT 1 FROM parties c
        JOIN event_retention e ON e.org_id = c.org_id AND e.event_id = c.event_id
        WHERE c.org_id = p.org_id AND c.contact_id = p.id
            AND (e.days IS NULL OR e.starts_at > :starts_by
                OR e.ends_at + e.days * 86400000 > :now))
    AND NOT EXISTS (SELECT 1 FROM erasures x WHERE x.org_id = p.org_id AND x.person_id = p.id)
    AND (EXISTS (SELECT 1 FROM registrations r WHERE r.org_id = p.org_id AND r.person_id = p.id)
        OR EXISTS (SELECT 1 FROM waiting_entries w WHERE w.org_id = p.org_id AND w.person_id = p.id)
        OR EXISTS (SELECT 1 FROM invitations i WHERE i.org_id = p.org_id AND i.person_id = p.id)
        OR EXISTS (SELECT 1 FROM parties c WHERE c.org_id = p.org_id AND c.contact_id = p.id)
        OR EXISTS (SELECT 1 FROM retention_rules o
            WHERE o.org_id = p.org_id AND o.event_id = 0 AND o.starts_at <= :starts_by
                AND p.updated_at + o.days * 86400000 <= :now))
ORDER BY p.id;

-- name: hold_person(org_id, id: PersonId)!
-- Locks the row without a trace: `updated_at` says how long nothing changed.
UPDATE people SET updated_at = updated_at WHERE org_id = :org_id AND id = :id;

-- name: bound_registrations(org_id, after: int, limit)$ -> int | None
SELECT max(id) FROM (SELECT id FROM registrations WHERE org_id = :org_id AND id > :after
    ORDER BY id LIMIT :limit) x;

-- name: list_over_registrations(org_id, after: int, until: int, now, starts_by: int, none: str)
--     -> (id: RegistrationId)
SELECT r.id FROM registrations r
JOIN event_retention e ON e.org_id = r.org_id AND e.event_id = r.event_id
WHERE r.org_id = :org_id AND r.id > :after AND r.id <= :until
    AND e.starts_at <= :starts_by AND e.ends_at + e.days * 86400000 <= :now
    AND (r.answers <> :none
        OR EXISTS (SELECT 1 FROM registration_notes n
            WHERE n.org_id = r.org_id AND n.registration_id = r.id)
        OR EXISTS (SELECT 1 FROM registration_tags g
            WHERE g.org_id = r.org_id AND g.registration_id = r.id)
        OR EXISTS (SELECT 1 FROM survey_answers a WHERE a.org_id = r.org_id
            AND a.event_id = r.event_id AND a.registration_id = r.id)
        OR EXISTS (SELECT 1 FROM questions q WHERE q.org_id = r.org_id
            AND q.event_id = r.event_id AND q.registration_id = r.id AND q.question <> ''))
ORDER BY r.id;

-- name: blank_answers(org_id, registration_id, none: str)!
UPDATE registrations SET answers = :none WHERE org_id = :org_id AND id = :registration_id;

-- name: delete_notes(org_id, registration_id)!
DELETE FROM registration_notes WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: delete_tags(org_id, registration_id)!
DELETE FROM registration_tags WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: delete_survey_answers(org_id, registration_id)!
DELETE FROM survey_answers WHERE org_id = :org_id AND registration_id = :registration_id
    AND event_id = (SELECT event_id FROM registrations
        WHERE org_id = :org_id AND id = :registration_id);

-- name: blank_questions(org_id, registration_id)!
UPDATE questions SET question = '', answer = ''
WHERE org_id = :org_id AND registration_id = :registration_id
    AND event_id = (SELECT event_id FROM registrations
        WHERE org_id = :org_id AND id = :registration_id);

-- name: bound_submissions(org_id, after: int, limit)$ -> int | None
SELECT max(id) FROM (SELECT id FROM submissions WHERE org_id = :org_id AND id > :after
    ORDER BY id LIMIT :limit) x;

-- name: list_over_submissions(org_id, after: int, until: int, now, starts_by: int, none: str)
--     -> (id: int)
SELECT s.id FROM submissions s
JOIN event_retention e ON e.org_id = s.org_id AND e.event_id = s.target_id
WHERE s.org_id = :org_id AND s.id > :after AND s.id <= :until AND s.noun = 'event'
    AND s.done_at IS NOT NULL AND s.contact <> :none
    AND e.starts_at <= :starts_by AND e.ends_at + e.days * 86400000 <= :now
ORDER BY s.id;

-- name: blank_submission(org_id, id: int, none: str)!
UPDATE submissions SET email = '', contact = :none WHERE org_id = :org_id AND id = :id;

-- name: list_over_learners(org_id, after: int, limit, now, starts_by: int) -> (person_id: PersonId)
-- Candidates who were erased and whose last exam is over for as long as records of exams are kept.
SELECT l.person_id FROM erasures x
JOIN learners l ON l.org_id = x.org_id AND l.person_id = x.person_id
JOIN retention_rules o ON o.org_id = l.org_id AND o.event_id = 0
WHERE x.org_id = :org_id AND x.person_id > :after AND l.name_key <> ''
    AND o.exam_days IS NOT NULL AND o.starts_at <= :starts_by AND NOT EXISTS (
        SELECT 1 FROM exam_registrations r
        JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
        WHERE r.org_id = l.org_id AND r.person_id = l.person_id
            AND e.ends_at + o.exam_days * 86400000 > :now)
ORDER BY l.person_id LIMIT :limit;

-- name: blank_learner(org_id, person_id, code)!
UPDATE learners SET name_key = '', email_key = '', code = :code, code_key = :code
WHERE org_id = :org_id AND person_id = :person_id;

-- name: blank_names(org_id, id: PersonId)!
UPDATE people SET title = '', first_name = '', last_name = '' WHERE org_id = :org_id AND id = :id;

-- name: delete_accommodations(org_id, person_id)!
DELETE FROM exam_accommodations WHERE org_id = :org_id AND registration_id IN (
    SELECT id FROM registrations WHERE org_id = :org_id AND person_id = :person_id);

-- name: blank_exam_changes(org_id, person_id)!
UPDATE exam_changes SET reason = '', was = '{}', became = '{}'
WHERE org_id = :org_id AND registration_uuid IN (
    SELECT uuid FROM registrations WHERE org_id = :org_id AND person_id = :person_id);

-- name: list_over_payments(org_id, after: int, limit, now, starts_by: int) -> (ticket_id: TicketId)
SELECT m.ticket_id FROM payments m
JOIN retention_rules o ON o.org_id = m.org_id AND o.event_id = 0
WHERE m.org_id = :org_id AND m.ticket_id > :after AND o.payment_days IS NOT NULL
    AND o.starts_at <= :starts_by AND (m.state <> 'open' OR m.lapsed_at IS NOT NULL)
    AND m.updated_at + o.payment_days * 86400000 <= :now
ORDER BY m.ticket_id LIMIT :limit;

-- name: delete_payment(org_id, ticket_id)!
DELETE FROM payments WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: find_record_days(org_id)^ -> (exam_days: int | None, payment_days: int | None) | None
SELECT exam_days, payment_days FROM retention_rules WHERE org_id = :org_id AND event_id = 0;

-- name: has_payments(org_id, person_id)$ -> int
SELECT CASE WHEN EXISTS (SELECT 1 FROM registrations r
    JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
    JOIN payments m ON m.org_id = t.org_id AND m.ticket_id = t.id
    WHERE r.org_id = :org_id AND r.person_id = :person_id) THEN 1 ELSE 0 END;

-- name: add_erased_address(org_id, digest, now)!
INSERT INTO erased_addresses (org_id, digest, at) VALUES (:org_id, :digest, :now)
ON CONFLICT (org_id, digest) DO NOTHING;

-- name: is_erased_address(org_id, digest)$ -> int | None
SELECT 1 FROM erased_addresses WHERE org_id = :org_id AND digest = :digest;

-- == messages ==

-- name: set_message_retention(org_id, days: int, set_at: int, starts_at: int)!
INSERT INTO message_retention (org_id, days, set_at, starts_at)
VALUES (:org_id, :days, :set_at, :starts_at)
ON CONFLICT (org_id) DO UPDATE SET days = excluded.days, set_at = excluded.set_at,
    starts_at = excluded.starts_at;

-- name: delete_message_retention(org_id)!
DELETE FROM message_retention WHERE org_id = :org_id;

-- name: find_message_retention(org_id)^ -> message_retention.MessageRule | None
SELECT days, set_at, starts_at FROM message_retention WHERE org_id = :org_id;

-- name: list_over_lists(org_id, after: int, limit, now, starts_by: int) -> (id: ListId)
-- Lists of recipients with entries that were neither made, changed nor written to for as long as
-- the organization keeps people.
SELECT l.id FROM retention_rules o
JOIN user_lists l ON l.org_id = o.org_id AND l.id > :after AND l.state = 'ready'
    AND l.created_at + o.days * 86400000 <= :now
WHERE o.org_id = :org_id AND o.event_id = 0 AND o.starts_at <= :starts_by
    AND EXISTS (SELECT 1 FROM list_entries e WHERE e.org_id = l.org_id AND e.list_id = l.id)
    AND NOT EXISTS (SELECT 1 FROM audit_entries a
        WHERE a.org_id = l.org_id AND a.noun = 'list' AND a.noun_id = l.id
            AND a.at + o.days * 86400000 > :now)
    AND NOT EXISTS (SELECT 1 FROM jobs j
        WHERE j.org_id = l.org_id AND coalesce(j.completed_at, :now) + o.days * 86400000 > :now
            AND replace(j.list_ids, '"' || l.id || '"', '') <> j.list_ids)
ORDER BY l.id LIMIT :limit;

-- name: empty_list(org_id, list_id, limit)!
-- The first entries of a list.
DELETE FROM list_entries WHERE org_id = :org_id AND list_id = :list_id AND number IN (
    SELECT e.number FROM list_entries e WHERE e.org_id = :org_id AND e.list_id = :list_id
    ORDER BY e.number LIMIT :limit);

-- name: note_emptied_list(org_id, id: ListId)!
UPDATE user_lists SET entries = 0 WHERE org_id = :org_id AND id = :id;

-- name: bound_jobs(org_id, after: int, limit)$ -> int | None
SELECT max(id) FROM (SELECT id FROM jobs
    WHERE org_id = :org_id AND id > :after AND completed_at IS NOT NULL AND emptied_at IS NULL
    ORDER BY id LIMIT :limit) x;

-- name: list_over_jobs(org_id, after: int, until: int, now, starts_by: int)
--     -> (id: JobId, total: int)
SELECT j.id, j.total FROM message_retention
JOIN jobs j ON j.org_id = message_retention.org_id AND j.id > :after AND j.id <= :until
    AND j.completed_at IS NOT NULL AND j.emptied_at IS NULL
    AND j.completed_at + message_retention.days * 86400000 <= :now
WHERE message_retention.org_id = :org_id AND message_retention.starts_at <= :starts_by
ORDER BY j.id;

-- name: get_emptied(org_id, job_id)^ -> emptying.JobHead
SELECT id, kind, channel, emptied_until FROM jobs WHERE org_id = :org_id AND id = :job_id;

-- name: list_job_addresses(org_id, job_id, after: int, limit) -> (id: RecipientId, address: str)
SELECT id, address FROM recipients WHERE org_id = :org_id AND job_id = :job_id AND id > :after
ORDER BY id LIMIT :limit;

-- name: empty_recipients(org_id, job_id, after: int, until: int)!
UPDATE recipients SET reference = '', name = '', destination = '', address = '', notes = '',
    fields = '{}', dedupe_key = NULL
WHERE org_id = :org_id AND job_id = :job_id AND id > :after AND id <= :until;

-- name: empty_attempts(org_id, job_id, after: int, until: int)!
UPDATE attempts SET reason = ''
WHERE org_id = :org_id AND job_id = :job_id AND recipient_id > :after AND recipient_id <= :until
    AND reason <> '';

-- name: note_emptied(org_id, job_id, until: int)!
UPDATE jobs SET emptied_until = :until WHERE org_id = :org_id AND id = :job_id;

-- name: empty_job(org_id, job_id, now)!
UPDATE jobs SET name = '', content = '{}', options = '{}', sender = '', emptied_at = :now
WHERE org_id = :org_id AND id = :job_id;

-- name: empty_replies(org_id, job_id)!
UPDATE replies SET sender = '', text = '' WHERE org_id = :org_id AND job_id = :job_id;

-- name: empty_callbacks(org_id, job_id)!
UPDATE callbacks SET body = '' WHERE org_id = :org_id AND job_id = :job_id AND due_at IS NULL;

-- name: list_job_digests(org_id, job_id) -> (digest: str)
SELECT DISTINCT digest FROM job_files WHERE org_id = :org_id AND job_id = :job_id;

-- name: drop_job_files(org_id, job_id)!
DELETE FROM job_files WHERE org_id = :org_id AND job_id = :job_id;
