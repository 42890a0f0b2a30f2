-- == viewing ==

-- name: get_session(org_id, id)^
SELECT id, event_id, title, starts_at, ends_at, delivery, media_kind, media_url FROM sessions
WHERE org_id = :org_id AND id = :id;

-- name: set_media(org_id, id, delivery, media_kind, media_url, now)!
UPDATE sessions SET delivery = :delivery, media_kind = :media_kind, media_url = :media_url,
    updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: lock_registration(org_id, id, event_id)$
-- Held until this transaction ends on PostgreSQL (see the override).
SELECT 1 FROM registrations WHERE org_id = :org_id AND id = :id AND event_id = :event_id;

-- name: list_near(org_id, registration_id, session_id, mode, starts_at, ends_at)
-- Those that overlap or touch the span, in order.
SELECT starts_at, ends_at FROM viewings
WHERE org_id = :org_id AND registration_id = :registration_id AND session_id = :session_id
    AND mode = :mode AND starts_at <= :ends_at AND ends_at >= :starts_at
ORDER BY starts_at;

-- name: delete_viewing(org_id, registration_id, session_id, mode, starts_at)!
DELETE FROM viewings
WHERE org_id = :org_id AND registration_id = :registration_id AND session_id = :session_id
    AND mode = :mode AND starts_at = :starts_at;

-- name: add_viewing(org_id, registration_id, session_id, mode, starts_at, ends_at, event_id)!
INSERT INTO viewings (org_id, registration_id, session_id, mode, starts_at, ends_at, event_id)
VALUES (:org_id, :registration_id, :session_id, :mode, :starts_at, :ends_at, :event_id);

-- name: list_viewings(org_id, registration_id)
SELECT session_id, mode, starts_at, ends_at FROM viewings
WHERE org_id = :org_id AND registration_id = :registration_id
ORDER BY session_id, mode, starts_at;

-- == asking ==

-- name: count_asked(org_id, registration_id)$
SELECT count(*) FROM asked_questions
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: add_question(org_id, id, registration_id, session_id, event_id, question, now)!
INSERT INTO asked_questions (org_id, id, registration_id, session_id, event_id, question, answer,
    asked_at)
VALUES (:org_id, :id, :registration_id, :session_id, :event_id, :question, '', :now);

-- name: set_question_answer(org_id, id, answer)!
UPDATE asked_questions SET answer = :answer WHERE org_id = :org_id AND id = :id;

-- name: add_survey_question(org_id, id, event_id, kind, question, choices, now)!
INSERT INTO survey_questions (org_id, id, event_id, kind, question, choices, created_at)
VALUES (:org_id, :id, :event_id, :kind, :question, :choices, :now);

-- name: list_survey_questions(org_id, event_id)
SELECT id, kind, question, choices FROM survey_questions
WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: set_survey_answer(org_id, registration_id, question_id, event_id, answer, now)!
INSERT INTO survey_answers (org_id, registration_id, question_id, event_id, answer, answered_at)
VALUES (:org_id, :registration_id, :question_id, :event_id, :answer, :now)
ON CONFLICT (org_id, registration_id, question_id) DO UPDATE SET
    answer = excluded.answer, answered_at = excluded.answered_at;

-- == readers ==

-- name: list_codes_of(email)
-- crosses organizations: signing in is what leads to the organization. Two are one too many.
SELECT user_code FROM users WHERE email = :email AND disabled_at IS NULL LIMIT 2;

-- name: forget_sessions(before)!
-- crosses organizations: sessions that ended are nobody's.
DELETE FROM reporting_sessions WHERE used_at <= :before;

-- name: add_session(digest, org_id, user_id, credential_id, now)!
INSERT INTO reporting_sessions (digest, org_id, user_id, credential_id, used_at)
VALUES (:digest, :org_id, :user_id, :credential_id, :now);

-- name: find_session(digest)^
-- crosses organizations: a session leads to its user, and so to the organization.
SELECT org_id, user_id, credential_id, used_at FROM reporting_sessions WHERE digest = :digest;

-- name: touch_session(digest, now, before)!
-- crosses organizations: a session is known by its digest.
UPDATE reporting_sessions SET used_at = :now WHERE digest = :digest AND used_at < :before;

-- name: list_reported(org_id, user_id)
SELECT e.id, e.title, e.starts_at, e.ends_at FROM events e
WHERE e.org_id = :org_id AND e.state <> 'draft' AND (
    NOT EXISTS (SELECT 1 FROM reporting_events a WHERE a.org_id = :org_id AND a.user_id = :user_id)
    OR EXISTS (SELECT 1 FROM reporting_events b WHERE b.org_id = :org_id AND b.user_id = :user_id
        AND b.event_id = e.id))
ORDER BY e.id;

-- name: may_see(org_id, user_id, event_id)$
SELECT 1 WHERE
    NOT EXISTS (SELECT 1 FROM reporting_events a WHERE a.org_id = :org_id AND a.user_id = :user_id)
    OR EXISTS (SELECT 1 FROM reporting_events b WHERE b.org_id = :org_id AND b.user_id = :user_id
        AND b.event_id = :event_id);

-- name: has_user(org_id, id)$
SELECT 1 FROM users WHERE org_id = :org_id AND id = :id;

-- name: clear_reported(org_id, user_id)!
DELETE FROM reporting_events WHERE org_id = :org_id AND user_id = :user_id;

-- name: add_reported(org_id, user_id, event_id)!
INSERT INTO reporting_events (org_id, user_id, event_id) VALUES (:org_id, :user_id, :event_id);
