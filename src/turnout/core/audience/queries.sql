-- == what is shown ==

-- name: set_media(org_id, session_id, kind, url, is_simulated, is_on_demand, live_from: int,
--     live_until: int, now)!
INSERT INTO session_media
    (org_id, session_id, kind, url, is_simulated, is_on_demand, live_from, live_until, created_at,
     updated_at)
VALUES
    (:org_id, :session_id, :kind, :url, :is_simulated, :is_on_demand, :live_from, :live_until,
     :now, :now)
ON CONFLICT (org_id, session_id) DO UPDATE SET
    kind = excluded.kind, url = excluded.url, is_simulated = excluded.is_simulated,
    is_on_demand = excluded.is_on_demand, live_from = excluded.live_from,
    live_until = excluded.live_until, updated_at = excluded.updated_at;

-- name: find_session(org_id, id: SessionId)^ -> media.Session | None
SELECT id, uuid, pak, event_id, title, state, starts_local, ends_local, starts_at, ends_at,
    capacity, held
FROM sessions WHERE org_id = :org_id AND id = :id;

-- name: find_media(org_id, session_id)^ -> Media | None
SELECT kind, url, is_simulated, is_on_demand, live_from, live_until
FROM session_media WHERE org_id = :org_id AND session_id = :session_id;

-- name: list_event_media(org_id, event_id)
--     -> (session_id: SessionId, pak: str, title: str, media: Media)
SELECT s.id AS session_id, s.pak, s.title, m.kind, m.url, m.is_simulated, m.is_on_demand,
    m.live_from, m.live_until
FROM sessions s JOIN session_media m ON m.org_id = s.org_id AND m.session_id = s.id
WHERE s.org_id = :org_id AND s.event_id = :event_id ORDER BY s.starts_at, s.id;

-- == who may watch ==

-- name: find_viewer(org_id, registration_id)^
--     -> (event_id: EventId, state: str, id: PersonId, email: str, first_name: str,
--         last_name: str) | None
SELECT r.event_id, r.state, p.id, p.email, p.first_name, p.last_name
FROM registrations r JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.id = :registration_id;

-- name: find_registered(org_id, event_id, email_key)$ -> RegistrationId | None
SELECT r.id
FROM people p
JOIN registrations r ON r.org_id = p.org_id AND r.person_id = p.id AND r.event_id = :event_id
WHERE p.org_id = :org_id AND p.email_key = :email_key AND r.state = 'confirmed'
ORDER BY r.sitting LIMIT 1;

-- name: list_ticket_shows(org_id, code) -> (id: RegistrationId, pak: str, title: str)
-- What the holder of the ticket may watch.
SELECT r.id, s.pak, s.title
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN sessions s ON s.org_id = r.org_id AND s.event_id = r.event_id
JOIN session_media m ON m.org_id = s.org_id AND m.session_id = s.id
WHERE t.org_id = :org_id AND t.code = :code AND t.state = 'valid' AND r.state = 'confirmed'
ORDER BY s.starts_at, s.id;

-- == viewings ==

-- name: list_viewings(org_id, event_id, registration_id)
--     -> (mode: str, session_id: SessionId, starts_at: int, ends_at: int)
SELECT mode, session_id, starts_at, ends_at FROM viewings
WHERE org_id = :org_id AND event_id = :event_id AND registration_id = :registration_id
ORDER BY mode, session_id, starts_at;

-- name: add_viewing(org_id, event_id, registration_id, mode, session_id, starts_at, ends_at)*!
INSERT INTO viewings (org_id, event_id, registration_id, mode, session_id, starts_at, ends_at)
VALUES (:org_id, :event_id, :registration_id, :mode, :session_id, :starts_at, :ends_at)
ON CONFLICT (org_id, event_id, registration_id, mode, session_id, starts_at)
DO UPDATE SET ends_at = excluded.ends_at;

-- name: delete_viewing(org_id, event_id, registration_id, mode, session_id, starts_at)*!
DELETE FROM viewings
WHERE org_id = :org_id AND event_id = :event_id AND registration_id = :registration_id
    AND mode = :mode AND session_id = :session_id AND starts_at = :starts_at;

-- == questions ==

-- name: add_question(org_id, event_id, registration_id, id: QuestionId, session_id, question, now)!
INSERT INTO questions
    (org_id, event_id, registration_id, id, session_id, question, answer, asked_at)
VALUES (:org_id, :event_id, :registration_id, :id, :session_id, :question, '', :now);

-- name: count_questions(org_id, event_id, registration_id)$ -> int
SELECT count(*) FROM questions
WHERE org_id = :org_id AND event_id = :event_id AND registration_id = :registration_id;

-- name: list_own_questions(org_id, event_id, registration_id, session_id) -> asking.OwnQuestion
SELECT id, question, answer, asked_at, answered_at FROM questions
WHERE org_id = :org_id AND event_id = :event_id AND registration_id = :registration_id
    AND session_id = :session_id ORDER BY id;

-- name: list_questions(org_id, event_id, after, limit) -> asking.Question
SELECT q.id, q.session_id, p.email, q.question, q.answer, q.asked_at
FROM registrations r
JOIN questions q ON q.org_id = r.org_id AND q.event_id = r.event_id AND q.registration_id = r.id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND q.id > :after
ORDER BY q.id LIMIT :limit;

-- name: answer_question(org_id, id: QuestionId, answer, now)!
UPDATE questions SET answer = :answer, answered_at = :now WHERE org_id = :org_id AND id = :id;

-- == polls and surveys ==

-- name: add_survey(org_id, id: SurveyId, event_id, session_id: SessionId | None, is_poll,
--     title, items, now)!
INSERT INTO surveys
    (org_id, id, event_id, session_id, is_poll, title, items, is_open, created_at, updated_at)
VALUES (:org_id, :id, :event_id, :session_id, :is_poll, :title, :items, 1, :now, :now);

-- name: find_survey(org_id, id: SurveyId)^ -> surveys.Survey | None
SELECT id, event_id, session_id, is_poll, title, items, is_open
FROM surveys WHERE org_id = :org_id AND id = :id;

-- name: list_surveys(org_id, event_id) -> surveys.Survey
SELECT id, event_id, session_id, is_poll, title, items, is_open
FROM surveys WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: set_survey_open(org_id, id: SurveyId, is_open, now)!
UPDATE surveys SET is_open = :is_open, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: put_answer(org_id, event_id, registration_id, is_poll, survey_id, number, question,
--     answer, now)*!
INSERT INTO survey_answers
    (org_id, event_id, registration_id, is_poll, survey_id, number, question, answer, answered_at)
VALUES
    (:org_id, :event_id, :registration_id, :is_poll, :survey_id, :number, :question, :answer, :now)
ON CONFLICT (org_id, event_id, registration_id, is_poll, survey_id, number)
DO UPDATE SET answer = excluded.answer, answered_at = excluded.answered_at;

-- name: remove_answer(org_id, event_id, registration_id, is_poll, survey_id, number: int)!
DELETE FROM survey_answers
WHERE org_id = :org_id AND event_id = :event_id AND registration_id = :registration_id
    AND is_poll = :is_poll AND survey_id = :survey_id AND number = :number;

-- name: list_own_answers(org_id, event_id, registration_id)
--     -> (survey_id: SurveyId, number: int, answer: str)
SELECT survey_id, number, answer FROM survey_answers
WHERE org_id = :org_id AND event_id = :event_id AND registration_id = :registration_id
ORDER BY survey_id, number;

-- == who may see reports ==

-- name: put_reporting_user(org_id, user_id, is_all, now)!
INSERT INTO reporting_users (org_id, user_id, is_all, created_at)
VALUES (:org_id, :user_id, :is_all, :now)
ON CONFLICT (org_id, user_id) DO UPDATE SET is_all = excluded.is_all;

-- name: put_reporting_event(org_id, user_id, event_id)*!
INSERT INTO reporting_user_events (org_id, user_id, event_id)
VALUES (:org_id, :user_id, :event_id)
ON CONFLICT (org_id, user_id, event_id) DO NOTHING;

-- name: delete_reporting_events(org_id, user_id)!
DELETE FROM reporting_user_events WHERE org_id = :org_id AND user_id = :user_id;

-- name: delete_reporting_user(org_id, user_id)!
DELETE FROM reporting_users WHERE org_id = :org_id AND user_id = :user_id;

-- name: find_reporting_user(org_id, user_id)$ -> int | None
SELECT is_all FROM reporting_users WHERE org_id = :org_id AND user_id = :user_id;

-- name: has_reporting_event(org_id, user_id, event_id)$ -> int | None
SELECT 1 FROM reporting_user_events
WHERE org_id = :org_id AND user_id = :user_id AND event_id = :event_id;

-- name: list_reporting_users(org_id) -> (id: UserId, user_code: str, is_all: int, events: int)
SELECT u.id, u.user_code, g.is_all, (
    SELECT count(*) FROM reporting_user_events e
    WHERE e.org_id = g.org_id AND e.user_id = g.user_id)
FROM users u JOIN reporting_users g ON g.org_id = u.org_id AND g.user_id = u.id
WHERE u.org_id = :org_id ORDER BY u.id;

-- name: list_reported_events(org_id, user_id) -> permissions.ReportedEvent
-- The events that a reporting user may see, by number; drafts are nobody's yet. Only what was or
-- will be webcast: a session has media, or somebody watched.
SELECT e.id, e.title, e.starts_at, e.ends_at
FROM reporting_users g
JOIN events e ON e.org_id = g.org_id
WHERE g.org_id = :org_id AND g.user_id = :user_id AND e.state <> 'draft'
    AND (g.is_all = 1 OR EXISTS (
        SELECT 1 FROM reporting_user_events l
        WHERE l.org_id = g.org_id AND l.user_id = g.user_id AND l.event_id = e.id))
    AND (EXISTS (
        SELECT 1 FROM sessions s
        JOIN session_media m ON m.org_id = s.org_id AND m.session_id = s.id
        WHERE s.org_id = e.org_id AND s.event_id = e.id)
    OR EXISTS (SELECT 1 FROM viewings v WHERE v.org_id = e.org_id AND v.event_id = e.id))
ORDER BY e.id;

-- name: add_reporting_session(org_id, digest, user_id, credential_id, now)!
INSERT INTO reporting_sessions (org_id, digest, user_id, credential_id, created_at, used_at)
VALUES (:org_id, :digest, :user_id, :credential_id, :now, :now);

-- name: find_reporting_session(digest)^
--     -> (org_id: OrgId, user_id: UserId, credential_id: CredentialId, used_at: int) | None
-- crosses organizations: the secret leads to the organization.
SELECT org_id, user_id, credential_id, used_at FROM reporting_sessions WHERE digest = :digest;

-- name: touch_reporting_session(org_id, digest, at: int)!
UPDATE reporting_sessions SET used_at = :at
WHERE org_id = :org_id AND digest = :digest AND used_at < :at;

-- name: list_old_sessions(before, limit) -> (org_id: OrgId, digest: str)
-- crosses organizations: ended sessions are deleted for all of them.
SELECT org_id, digest FROM reporting_sessions WHERE used_at < :before
ORDER BY used_at LIMIT :limit;

-- name: delete_session(org_id, digest)*!
DELETE FROM reporting_sessions WHERE org_id = :org_id AND digest = :digest;

-- == summary ==

-- name: count_registered(org_id, event_id)^
--     -> (registered: int, invited: int, checked_in: int, asked: int, answered: int)
-- Registered, asked, questions, answered, surveyed: how many.
SELECT
    (SELECT count(*) FROM registrations r
        WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'),
    (SELECT count(DISTINCT i.person_id) FROM invitations i
        JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id AND p.merged_into IS NULL
        WHERE i.org_id = :org_id AND i.event_id = :event_id),
    (SELECT count(DISTINCT r.id) FROM registrations r
        JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
        WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
            AND t.state = 'valid' AND t.checked_in_at IS NOT NULL),
    (SELECT count(*) FROM questions q
        WHERE q.org_id = :org_id AND q.event_id = :event_id),
    (SELECT count(*) FROM questions q
        WHERE q.org_id = :org_id AND q.event_id = :event_id AND q.answered_at IS NOT NULL);

-- name: count_invited(org_id, event_id)$ -> int
-- How many people were written to; each counts once.
SELECT count(DISTINCT i.person_id) FROM invitations i
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id AND p.merged_into IS NULL
WHERE i.org_id = :org_id AND i.event_id = :event_id
    AND i.sent_at IS NOT NULL;

-- name: count_seconds(org_id, event_id) -> (mode: str, seconds: int, total: int)
-- How many registrants watched for so many seconds, by mode; mode `all` is all of them together.
SELECT mode, seconds, count(*) FROM (
    SELECT v.mode AS mode, v.registration_id,
        CAST(sum(v.ends_at - v.starts_at) AS BIGINT) / 1000 AS seconds
    FROM viewings v
    JOIN registrations r ON r.org_id = v.org_id AND r.id = v.registration_id
        AND r.state = 'confirmed'
    WHERE v.org_id = :org_id AND v.event_id = :event_id
    GROUP BY v.registration_id, v.mode
    UNION ALL
    SELECT 'all', v.registration_id, CAST(sum(v.ends_at - v.starts_at) AS BIGINT) / 1000
    FROM viewings v
    JOIN registrations r ON r.org_id = v.org_id AND r.id = v.registration_id
        AND r.state = 'confirmed'
    WHERE v.org_id = :org_id AND v.event_id = :event_id
    GROUP BY v.registration_id) totals
GROUP BY mode, seconds ORDER BY mode, seconds;

-- name: list_steps(org_id, event_id, session_id, starts_at, step: int)
--     -> (number: int, began: int, ended: int)
-- How many began, and how many stopped, watching live before the step of that number.
SELECT number, sum(began), sum(ended) FROM (
    SELECT (v.starts_at - :starts_at + :step - 1) / :step AS number, 1 AS began, 0 AS ended
    FROM viewings v
    JOIN registrations r ON r.org_id = v.org_id AND r.id = v.registration_id
        AND r.state = 'confirmed'
    WHERE v.org_id = :org_id AND v.event_id = :event_id AND v.session_id = :session_id
        AND v.mode <> 'od'
    UNION ALL
    SELECT (v.ends_at - :starts_at + :step - 1) / :step, 0, 1
    FROM viewings v
    JOIN registrations r ON r.org_id = v.org_id AND r.id = v.registration_id
        AND r.state = 'confirmed'
    WHERE v.org_id = :org_id AND v.event_id = :event_id AND v.session_id = :session_id
        AND v.mode <> 'od') steps
GROUP BY number ORDER BY number;

-- name: count_answers(org_id, event_id)
--     -> (survey_id: SurveyId, number: int, answer: str, total: int)
SELECT a.survey_id, a.number, a.answer, count(*)
FROM survey_answers a
JOIN registrations r ON r.org_id = a.org_id AND r.id = a.registration_id
    AND r.state = 'confirmed'
WHERE a.org_id = :org_id AND a.event_id = :event_id
GROUP BY a.survey_id, a.number, a.answer ORDER BY a.survey_id, a.number, a.answer;

-- name: restart_sessions(now, ahead)!
-- crosses organizations: the clock is one for all of them.
UPDATE reporting_sessions SET used_at = :now WHERE used_at > :ahead;

-- == shared reports ==

-- name: add_report_link(org_id, id: ReportLinkId, event_id, digest, label, query, has_names,
--     actor, now, ends_at)!
INSERT INTO report_links (org_id, id, event_id, digest, label, query, has_names, created_by,
    created_at, ends_at)
VALUES (:org_id, :id, :event_id, :digest, :label, :query, :has_names, :actor, :now, :ends_at);

-- name: list_report_links(org_id, event_id, since: int) -> sharing.ReportLink
-- The newest first, without those that ended before an instant.
SELECT id, event_id, label, query, has_names, created_by, created_at, ends_at, revoked_at,
    opened_at
FROM report_links WHERE org_id = :org_id AND event_id = :event_id AND ends_at >= :since
ORDER BY id DESC;

-- name: find_report_link(digest)^ -> (org_id: OrgId, link: sharing.ReportLink) | None
-- crosses organizations: the secret leads to the organization.
SELECT org_id, id, event_id, label, query, has_names, created_by, created_at, ends_at, revoked_at,
    opened_at
FROM report_links WHERE digest = :digest;

-- name: revoke_report_link(org_id, event_id, id: ReportLinkId, now)!
UPDATE report_links SET revoked_at = :now
WHERE org_id = :org_id AND event_id = :event_id AND id = :id AND revoked_at IS NULL
    AND ends_at > :now;

-- name: note_report_opened(org_id, id: ReportLinkId, now)!
UPDATE report_links SET opened_at = :now WHERE org_id = :org_id AND id = :id;

-- name: list_old_report_links(before, limit) -> (org_id: OrgId, id: ReportLinkId)
-- crosses organizations: ended links are deleted for all of them.
SELECT org_id, id FROM report_links WHERE ends_at < :before ORDER BY ends_at LIMIT :limit;

-- name: delete_report_link(org_id, id: ReportLinkId)*!
DELETE FROM report_links WHERE org_id = :org_id AND id = :id;

-- == presenting ==

-- name: count_watching(org_id, event_id, since: int) -> (session_id: SessionId, total: int)
-- How many watch each session: their viewing goes on since an instant.
SELECT v.session_id, count(DISTINCT v.registration_id) AS total
FROM viewings v
JOIN registrations r ON r.org_id = v.org_id AND r.id = v.registration_id
    AND r.state = 'confirmed'
WHERE v.org_id = :org_id AND v.event_id = :event_id AND v.ends_at >= :since
GROUP BY v.session_id;

-- name: count_to_answer(org_id, event_id) -> (session_id: SessionId, total: int)
-- Questions of each session that are neither answered nor dismissed.
SELECT session_id, count(*) AS total FROM questions
WHERE org_id = :org_id AND event_id = :event_id AND answered_at IS NULL AND dismissed_at IS NULL
    AND question <> ''
GROUP BY session_id;

-- name: list_asked(org_id, event_id, session_id, state, before, limit)
--     -> presenting.AskedQuestion
-- Questions of a session in a state, the newest first, behind a number; empty = any.
SELECT q.id, p.first_name, p.last_name, p.email, q.question, q.answer, q.asked_at, q.answered_at,
    q.published_at, q.dismissed_at
FROM questions q
JOIN registrations r ON r.org_id = q.org_id AND r.id = q.registration_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE q.org_id = :org_id AND q.event_id = :event_id AND q.session_id = :session_id
    AND q.id < :before AND q.question <> ''
    AND (:state = ''
        OR (:state = 'open' AND q.answered_at IS NULL AND q.dismissed_at IS NULL)
        OR (:state = 'answered' AND q.answered_at IS NOT NULL)
        OR (:state = 'published' AND q.published_at IS NOT NULL)
        OR (:state = 'dismissed' AND q.dismissed_at IS NOT NULL))
ORDER BY q.id DESC LIMIT :limit;

-- name: list_published(org_id, session_id, limit) -> presenting.PublishedQuestion
-- What everybody who watches the session is shown: what most voted for first, then the newest.
SELECT q.id, q.question, q.answer, (
    SELECT count(*) FROM question_votes v
    WHERE v.org_id = q.org_id AND v.question_id = q.id) AS votes
FROM questions q
WHERE q.org_id = :org_id AND q.session_id = :session_id AND q.published_at IS NOT NULL
    AND q.question <> ''
ORDER BY votes DESC, q.published_at DESC, q.id DESC LIMIT :limit;

-- name: find_published_session(org_id, id: QuestionId)$ -> SessionId | None
SELECT session_id FROM questions
WHERE org_id = :org_id AND id = :id AND published_at IS NOT NULL;

-- name: add_vote(org_id, question_id, registration_id, event_id, now)!
INSERT INTO question_votes (org_id, question_id, registration_id, event_id, voted_at)
VALUES (:org_id, :question_id, :registration_id, :event_id, :now)
ON CONFLICT (org_id, question_id, registration_id) DO NOTHING;

-- name: remove_vote(org_id, question_id, registration_id)!
DELETE FROM question_votes
WHERE org_id = :org_id AND question_id = :question_id AND registration_id = :registration_id;

-- name: list_own_votes(org_id, registration_id) -> (question_id: QuestionId)
SELECT question_id FROM question_votes
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: set_chapters(org_id, session_id, chapters: str, now)!
UPDATE session_media SET chapters = :chapters, updated_at = :now
WHERE org_id = :org_id AND session_id = :session_id;

-- name: find_chapters(org_id, session_id)$ -> str | None
SELECT chapters FROM session_media WHERE org_id = :org_id AND session_id = :session_id;

-- name: set_published(org_id, event_id, id: QuestionId, published_at: int | None)!
UPDATE questions SET published_at = CAST(:published_at AS BIGINT), dismissed_at = NULL
WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: set_dismissed(org_id, event_id, id: QuestionId, dismissed_at: int | None)!
UPDATE questions SET dismissed_at = CAST(:dismissed_at AS BIGINT), published_at = NULL
WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: find_question_event(org_id, id: QuestionId)$ -> EventId | None
SELECT event_id FROM questions WHERE org_id = :org_id AND id = :id;

-- name: remove_media(org_id, session_id)!
DELETE FROM session_media WHERE org_id = :org_id AND session_id = :session_id;

-- name: set_captions(org_id, session_id, language: str, content: str, digest, size: int, now)!
INSERT INTO captions (org_id, session_id, language, content, digest, size, updated_at)
VALUES (:org_id, :session_id, :language, :content, :digest, :size, :now)
ON CONFLICT (org_id, session_id, language) DO UPDATE SET content = excluded.content,
    digest = excluded.digest, size = excluded.size, updated_at = excluded.updated_at;

-- name: list_captions(org_id, session_id) -> captions.Captions
SELECT language, digest, size, updated_at FROM captions
WHERE org_id = :org_id AND session_id = :session_id ORDER BY language;

-- name: remove_captions(org_id, session_id, language: str)!
DELETE FROM captions
WHERE org_id = :org_id AND session_id = :session_id AND language = :language;

-- name: remove_all_captions(org_id, session_id)!
DELETE FROM captions WHERE org_id = :org_id AND session_id = :session_id;

-- name: read_captions(org_id, digest)$ -> str | None
SELECT content FROM captions WHERE org_id = :org_id AND digest = :digest
ORDER BY session_id, language LIMIT 1;
