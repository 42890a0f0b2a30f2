-- name: find_facts(org_id, id: RegistrationId)^
--     -> (uuid: str, event_id: EventId, person_id: PersonId, email: str, phone: str, source: str,
--         sti: str, sitting: int, created_at: int) | None
SELECT r.uuid, r.event_id, r.person_id, p.email, p.phone, r.source, r.sti, r.sitting, r.created_at
FROM registrations r JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.id = :id;

-- name: list_audited(org_id, noun, id: int) -> (at: int, actor: str, action: str, facts: str)
SELECT at, actor, action, facts FROM audit_entries
WHERE org_id = :org_id AND noun = :noun AND noun_id = :id ORDER BY at, id;

-- name: list_ticket_steps(org_id, registration_id)
--     -> (code: str, name: str, state: str, granted_by: str, issued_by: str, created_at: int,
--         updated_at: int)
SELECT t.code, y.name, t.state, t.granted_by, t.issued_by, t.created_at, t.updated_at
FROM tickets t JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE t.org_id = :org_id AND t.registration_id = :registration_id
ORDER BY t.created_at, t.id;

-- name: list_booked(org_id, registration_id) -> (title: str, created_at: int)
SELECT s.title, b.created_at
FROM session_bookings b JOIN sessions s ON s.org_id = b.org_id AND s.id = b.session_id
WHERE b.org_id = :org_id AND b.registration_id = :registration_id ORDER BY b.session_id;

-- name: list_scanned(org_id, event_id, registration_id)
--     -> (code: str, result: str, gate: str | None, device: str, at: int)
-- A ticket that was shown again is left out where `list_passed` says what for. An undo is
-- `withdrawn` where the check-in stayed: it took back what else the device had done.
SELECT c.code, CASE WHEN c.result = 'undone' AND t.checked_in_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM scans a
        WHERE a.org_id = c.org_id AND a.ticket_id = c.ticket_id AND a.result = 'admitted'
            AND a.id > c.id) THEN 'withdrawn' ELSE c.result END AS result,
    g.name AS gate, c.device, c.at
FROM scans c
JOIN tickets t ON t.org_id = c.org_id AND t.id = c.ticket_id
LEFT JOIN gates g ON g.org_id = c.org_id AND g.id = c.gate_id
WHERE c.org_id = :org_id AND c.event_id = :event_id AND t.registration_id = :registration_id
    AND NOT (c.result = 'repeated' AND EXISTS (
        SELECT 1 FROM door_notes n
        WHERE n.org_id = c.org_id AND n.event_id = c.event_id AND n.device = c.device
            AND n.nonce = c.nonce))
ORDER BY c.id;

-- name: list_passed(org_id, event_id, registration_id)
--     -> (code: str, kind: str, reason: str, gate: str | None, device: str, at: int)
-- Who went out, came back, or was let in anyway. Payments are in the log of changes.
SELECT t.code, n.kind, n.reason, g.name AS gate, n.device, n.at
FROM door_notes n
JOIN tickets t ON t.org_id = n.org_id AND t.id = n.ticket_id
LEFT JOIN gates g ON g.org_id = n.org_id AND g.id = n.gate_id
WHERE n.org_id = :org_id AND n.event_id = :event_id AND t.registration_id = :registration_id
    AND n.kind <> 'paid'
ORDER BY n.id;

-- name: list_invited(org_id, event_id, person_id)
--     -> (id: InviteeId, name: str, created_at: int, sent_at: int | None, declined_at: int | None,
--         reminded_at: int | None, reminders: int)
SELECT i.id, c.name, i.created_at, i.sent_at, i.declined_at, i.reminded_at, i.reminders
FROM invitations i JOIN campaigns c ON c.org_id = i.org_id AND c.id = i.campaign_id
WHERE i.org_id = :org_id AND i.event_id = :event_id AND i.person_id = :person_id ORDER BY i.id;

-- name: list_waited(org_id, event_id, person_id)
--     -> (name: str, state: str, created_at: int, offered_at: int | None, updated_at: int)
SELECT y.name, w.state, w.created_at, w.offered_at, w.updated_at
FROM waiting_entries w JOIN ticket_types y ON y.org_id = w.org_id AND y.id = w.ticket_type_id
WHERE w.org_id = :org_id AND w.event_id = :event_id AND w.person_id = :person_id ORDER BY w.id;

-- name: list_viewed(org_id, event_id, registration_id)
--     -> (mode: str, title: str, starts_at: int, ends_at: int)
SELECT v.mode, s.title, v.starts_at, v.ends_at
FROM viewings v JOIN sessions s ON s.org_id = v.org_id AND s.id = v.session_id
WHERE v.org_id = :org_id AND v.event_id = :event_id AND v.registration_id = :registration_id
ORDER BY v.starts_at;

-- name: list_asked(org_id, event_id, registration_id) -> (title: str, asked_at: int)
SELECT s.title, q.asked_at
FROM questions q JOIN sessions s ON s.org_id = q.org_id AND s.id = q.session_id
WHERE q.org_id = :org_id AND q.event_id = :event_id AND q.registration_id = :registration_id
ORDER BY q.id;

-- name: list_exam_steps(org_id, registration_uuid) -> (type: str, at: int, actor: str, reason: str)
SELECT type, at, actor, reason FROM exam_changes
WHERE org_id = :org_id AND registration_uuid = :registration_uuid ORDER BY at, id;

-- name: list_messages(org_id, address, limit)
--     -> (name: str, channel: str, status: str, accepted_at: int, sent_at: int | None,
--         approval: str)
-- What was sent to one address, newest first. Reads by `recipients_address`.
SELECT j.name, j.channel, r.status, j.accepted_at, r.sent_at, j.approval
FROM recipients r JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id
WHERE r.org_id = :org_id AND r.address <> '' AND lower(r.address) = :address AND j.kind <> 'code'
ORDER BY r.job_id DESC, r.id DESC LIMIT :limit;

-- name: list_replied(org_id, address, limit) -> (name: str, received_at: int, is_opt_out: int)
-- Replies to the newest messages to one address.
SELECT j.name, a.received_at, a.is_opt_out
FROM replies a JOIN jobs j ON j.org_id = a.org_id AND j.id = a.job_id
WHERE a.org_id = :org_id AND a.recipient_id IN (
    SELECT r.id FROM recipients r
    WHERE r.org_id = :org_id AND r.address <> '' AND lower(r.address) = :address
    ORDER BY r.job_id DESC, r.id DESC LIMIT :limit)
ORDER BY a.id DESC LIMIT :limit;

-- == deliveries ==

-- name: list_sent(org_id, address, limit) -> deliveries.Message
-- What was sent to one address, newest first. Reads by `recipients_address`.
SELECT r.job_id, r.id, j.name, j.job_type, j.kind, coalesce(u.user_code, '') AS user_code,
    r.destination, r.status, r.notes, r.carrier, j.accepted_at, j.scheduled_at, r.sent_at,
    r.done_at, CASE WHEN j.state = 'sending' AND j.is_paused = 0 AND r.state = 'waiting' THEN 1
    ELSE 0 END AS is_next, r.address, j.timezone, r.reference
FROM recipients r JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id
LEFT JOIN users u ON u.org_id = j.org_id AND u.id = j.user_id
WHERE r.org_id = :org_id AND r.address <> '' AND lower(r.address) = :address
    AND j.state <> 'staging'
ORDER BY r.job_id DESC, r.id DESC LIMIT :limit;

-- name: get_sent(org_id, job_id, id: RecipientId)^ -> deliveries.Message | None
SELECT r.job_id, r.id, j.name, j.job_type, j.kind, coalesce(u.user_code, '') AS user_code,
    r.destination, r.status, r.notes, r.carrier, j.accepted_at, j.scheduled_at, r.sent_at,
    r.done_at, CASE WHEN j.state = 'sending' AND j.is_paused = 0 AND r.state = 'waiting' THEN 1
    ELSE 0 END AS is_next, r.address, j.timezone, r.reference
FROM recipients r JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id
LEFT JOIN users u ON u.org_id = j.org_id AND u.id = j.user_id
WHERE r.org_id = :org_id AND r.job_id = :job_id AND r.id = :id AND j.state <> 'staging';

-- name: find_reference(org_id, job_id, id: RecipientId)$ -> str | None
SELECT reference FROM recipients WHERE org_id = :org_id AND job_id = :job_id AND id = :id;

-- name: list_attempts(org_id, job_id, recipient_id)
--     -> (at: int, number: int, outcome: str, reason: str)
SELECT at, number, outcome, reason FROM attempts
WHERE org_id = :org_id AND job_id = :job_id AND recipient_id = :recipient_id ORDER BY number;

-- name: list_callback_tries(org_id, recipient_id)
--     -> (created_at: int, state: str, at: int | None, status: int | None, error: str)
SELECT c.created_at, c.state, a.at, a.status, coalesce(a.error, '') AS error
FROM callbacks c
LEFT JOIN callback_attempts a ON a.org_id = c.org_id AND a.callback_id = c.id
WHERE c.org_id = :org_id AND c.recipient_id = :recipient_id ORDER BY c.id, a.number;

-- name: list_answers(org_id, recipient_id) -> (id: ReplyId, received_at: int, is_opt_out: int)
SELECT id, received_at, is_opt_out FROM replies
WHERE org_id = :org_id AND recipient_id = :recipient_id ORDER BY id;

-- == overviews of events ==

-- name: get_event_counts(org_id, event_id, since)^
--     -> (registered: int, recent: int, waiting: int, offered: int, checked_in: int,
--         undeliverable: int, unaddressed: int)
-- `recent` are those who registered since an instant; `undeliverable` those whose address bounced,
-- `unaddressed` those who have none.
SELECT
    (SELECT count(*) FROM registrations r WHERE r.org_id = :org_id AND r.event_id = :event_id
        AND r.state = 'confirmed') AS registered,
    (SELECT count(*) FROM registrations r WHERE r.org_id = :org_id AND r.event_id = :event_id
        AND r.state = 'confirmed' AND r.created_at >= :since) AS recent,
    (SELECT count(*) FROM waiting_entries w WHERE w.org_id = :org_id AND w.event_id = :event_id
        AND w.state = 'waiting') AS waiting,
    (SELECT count(*) FROM waiting_entries w WHERE w.org_id = :org_id AND w.event_id = :event_id
        AND w.state = 'offered') AS offered,
    (SELECT count(DISTINCT r.id) FROM registrations r
        JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
        WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
            AND t.state = 'valid' AND t.checked_in_at IS NOT NULL) AS checked_in,
    (SELECT count(*) FROM suppressions s
        JOIN people p ON p.org_id = s.org_id AND p.email = s.address
        JOIN registrations r ON r.org_id = p.org_id AND r.person_id = p.id
        WHERE s.org_id = :org_id AND s.reason = 'bounce' AND r.event_id = :event_id
            AND r.state = 'confirmed') AS undeliverable,
    (SELECT count(*) FROM registrations r
        JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
        WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
            AND p.email = '') AS unaddressed;

-- name: count_who_came(org_id, event_id)^ -> (registered: int, attended: int, watched: int)
SELECT
    (SELECT count(*) FROM registrations r WHERE r.org_id = :org_id AND r.event_id = :event_id
        AND r.state = 'confirmed') AS registered,
    (SELECT count(DISTINCT r.id) FROM registrations r
        JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
        WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
            AND t.state = 'valid' AND t.checked_in_at IS NOT NULL) AS attended,
    (SELECT count(DISTINCT v.registration_id) FROM viewings v
        WHERE v.org_id = :org_id AND v.event_id = :event_id) AS watched;

-- name: count_by_hour(org_id, event_id) -> (hour: int, total: int)
-- Confirmed registrations by the hour in which they were made, counted from the epoch.
SELECT created_at / 3600000 AS hour, count(*) AS total FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND state = 'confirmed'
GROUP BY 1 ORDER BY 1;

-- name: count_by_source(org_id, event_id) -> (source: str, sti: str, total: int)
SELECT source, sti, count(*) AS total FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND state = 'confirmed'
GROUP BY source, sti ORDER BY 3 DESC, source, sti;

-- name: count_waiting_by_type(org_id, event_id) -> (ticket_type_id: TicketTypeId, total: int)
SELECT ticket_type_id, count(*) AS total FROM waiting_entries
WHERE org_id = :org_id AND event_id = :event_id AND state = 'waiting' GROUP BY ticket_type_id;

-- name: sum_payments(org_id, event_id) -> (currency: str, state: str, minor: int, total: int)
-- Of valid tickets: what was asked for, in minor units, by currency and state; an open payment of
-- an event that is cancelled ended with it.
SELECT p.currency, p.state, CAST(sum(p.amount_minor) AS BIGINT) AS minor, count(*) AS total
FROM registrations r
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
JOIN payments p ON p.org_id = t.org_id AND p.ticket_id = t.id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
    AND t.state = 'valid' AND (p.state <> 'open' OR e.state <> 'cancelled')
GROUP BY p.currency, p.state ORDER BY p.currency, p.state;

-- name: list_event_jobs(org_id, list: str, marked: str) -> overviews.NextMessage
-- What is to be written to a live list of the event, or was made for it, the next first.
SELECT id AS job_id, name, scheduled_at AS at, approval FROM jobs
WHERE org_id = :org_id AND state = 'scheduled'
    AND (list_ids LIKE :list OR options LIKE :marked)
ORDER BY coalesce(scheduled_at, 0), id LIMIT 10;

-- name: find_reminder_time(org_id, event_id)$ -> int | None
SELECT remind_at FROM events WHERE org_id = :org_id AND id = :event_id;

-- name: count_parts(org_id, event_id)^
--     -> (programme: int, tickets: int, questions: int, registrations: int, invitations: int,
--         waiting: int)
SELECT
    (SELECT count(*) FROM sessions s WHERE s.org_id = :org_id AND s.event_id = :event_id)
        AS programme,
    (SELECT count(*) FROM ticket_types y WHERE y.org_id = :org_id AND y.event_id = :event_id)
        AS tickets,
    (SELECT count(*) FROM event_questions q WHERE q.org_id = :org_id AND q.event_id = :event_id
        AND q.removed_at IS NULL) AS questions,
    (SELECT count(*) FROM registrations r WHERE r.org_id = :org_id AND r.event_id = :event_id
        AND r.state = 'confirmed') AS registrations,
    (SELECT count(*) FROM invitations i
        JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id AND p.merged_into IS NULL
        WHERE i.org_id = :org_id AND i.event_id = :event_id)
        AS invitations,
    (SELECT count(*) FROM waiting_entries w WHERE w.org_id = :org_id AND w.event_id = :event_id
        AND w.state = 'waiting') AS waiting;

-- == what needs attention ==

-- name: list_failed_jobs(org_id, since: int, limit) -> attention.FailedJob
-- Broadcasts accepted since an instant with messages that failed, the newest first.
SELECT id, name, failed, total, accepted_at FROM jobs
WHERE org_id = :org_id AND kind = 'broadcast' AND failed > 0 AND accepted_at >= :since
ORDER BY id DESC LIMIT :limit;

-- name: list_waited_events(org_id, now, limit) -> attention.WaitedEvent
-- Ticket types of events to come for which people wait without an offer, the next first.
SELECT e.id, e.title, CASE WHEN y.capacity <= y.held THEN y.held ELSE e.held END AS held,
    CASE WHEN y.capacity <= y.held THEN y.capacity ELSE e.capacity END AS capacity,
    w.total AS waiting, CASE WHEN y.capacity <= y.held THEN y.name ELSE '' END AS type_name
FROM (SELECT event_id, ticket_type_id, count(*) AS total FROM waiting_entries
    WHERE org_id = :org_id AND state = 'waiting' GROUP BY event_id, ticket_type_id) w
JOIN events e ON e.org_id = :org_id AND e.id = w.event_id
JOIN ticket_types y ON y.org_id = :org_id AND y.id = w.ticket_type_id
WHERE e.ends_at > :now AND e.state NOT IN ('draft', 'cancelled')
ORDER BY e.starts_at, e.id, y.id LIMIT :limit;

-- name: list_roomless_exams(org_id, now, limit) -> attention.RoomlessExam
-- Exams to come that have no room: open ones with candidates first, the next first.
SELECT e.id, e.title, e.starts_local, e.held
FROM exams x JOIN events e ON e.org_id = x.org_id AND e.id = x.event_id
WHERE x.org_id = :org_id AND x.room_id IS NULL AND x.kind = 'Exam' AND e.ends_at > :now
    AND e.state <> 'cancelled'
ORDER BY CASE WHEN e.state <> 'draft' AND e.held > 0 THEN 0 WHEN e.held > 0 THEN 1
    WHEN e.state <> 'draft' THEN 2 ELSE 3 END, e.starts_at, e.id LIMIT :limit;

-- name: list_due_payments(org_id, before: int, limit) -> attention.DuePayments
-- Open payments of valid tickets that are due before an instant, by event, the first due first.
SELECT e.id, e.title, count(*) AS total, min(p.due_at) AS due_at,
    min(r.id) AS registration_id
FROM payments p
JOIN tickets t ON t.org_id = p.org_id AND t.id = p.ticket_id AND t.state = 'valid'
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
    AND r.state = 'confirmed'
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id AND e.state <> 'cancelled'
WHERE p.org_id = :org_id AND p.state = 'open' AND p.lapsed_at IS NULL AND p.due_at < :before
GROUP BY e.id, e.title ORDER BY 4, 1 LIMIT :limit;

-- name: count_open_replies(org_id, since: int)$ -> int
-- Replies since an instant that nobody was given, without those that opt out.
SELECT count(*) FROM replies
WHERE org_id = :org_id AND received_at >= :since AND assigned_to IS NULL AND is_opt_out = 0;

-- name: is_job_standing(org_id, id: JobId)$ -> int | None
-- Whether none of its messages has got out yet.
SELECT 1 FROM jobs
WHERE org_id = :org_id AND id = :id AND state = 'sending' AND is_paused = 0
    AND sent = 0 AND failed = 0;

-- name: list_planned_jobs(org_id, limit) -> overviews.NextMessage
SELECT id AS job_id, name, scheduled_at AS at, approval FROM jobs
WHERE org_id = :org_id AND state = 'scheduled'
ORDER BY coalesce(scheduled_at, 0), id LIMIT :limit;

-- name: count_lately(org_id, since: int, now)^
--     -> (registered: int, delivered: int, coming: int)
-- How many registered since an instant for events to come, how many messages arrived of jobs
-- accepted since, and how many such events there are. No registration was changed before it was
-- made: its index by changes finds the few. Those postponed without a new date are found by their
-- index (events_date_open), whose condition stands here to the letter.
WITH postponed AS MATERIALIZED (
    SELECT id, ends_at, state FROM events
    WHERE org_id = :org_id
        AND CASE WHEN replace(details, '"is_date_open"', '') <> details THEN 1 ELSE 0 END = 1
        AND state <> 'cancelled'
), coming AS MATERIALIZED (
    SELECT id, state FROM events WHERE org_id = :org_id AND ends_at > :now
    UNION ALL SELECT id, state FROM postponed WHERE ends_at <= :now
)
SELECT
    (SELECT count(*) FROM coming e
        CROSS JOIN registrations r
        WHERE r.org_id = :org_id AND r.event_id = e.id AND r.state = 'confirmed'
        AND r.updated_at >= :since AND r.created_at >= :since) AS registered,
    (SELECT CAST(coalesce(sum(j.sent), 0) AS BIGINT) FROM jobs j WHERE j.org_id = :org_id
        AND j.kind <> 'code' AND j.accepted_at >= :since) AS delivered,
    (SELECT count(*) FROM coming WHERE state NOT IN ('draft', 'cancelled')) AS coming;

-- == the log as far as somebody sees it ==

-- name: list_event_entries(org_id, event_id, noun, noun_id: int, actor, before: int, limit)
--     -> (id: int, at: int, actor: str, action: str, noun: str, noun_id: int, facts: str,
--     name: str)
-- Entries of an event and of its parts, each with what the part is called now; empty and 0 = any.
WITH parts AS (
    SELECT 'event' AS noun, e.id AS id, '' AS name FROM events e
        WHERE e.org_id = :org_id AND e.id = :event_id
    UNION ALL SELECT 'exam', e.id, '' FROM events e WHERE e.org_id = :org_id AND e.id = :event_id
    UNION ALL SELECT 'certificate template', e.id, '' FROM events e
        WHERE e.org_id = :org_id AND e.id = :event_id
    UNION ALL SELECT 'retention', e.id, '' FROM events e
        WHERE e.org_id = :org_id AND e.id = :event_id
    UNION ALL SELECT 'session', s.id, s.title FROM sessions s
        WHERE s.org_id = :org_id AND s.event_id = :event_id
    UNION ALL SELECT 'ticket_type', y.id, y.name FROM ticket_types y
        WHERE y.org_id = :org_id AND y.event_id = :event_id
    UNION ALL SELECT 'event_question', q.id, q.name FROM event_questions q
        WHERE q.org_id = :org_id AND q.event_id = :event_id
    UNION ALL SELECT 'speaker', k.id, k.name FROM speakers k
        WHERE k.org_id = :org_id AND k.event_id = :event_id
    UNION ALL SELECT 'survey', v.id, v.title FROM surveys v
        WHERE v.org_id = :org_id AND v.event_id = :event_id
    UNION ALL SELECT 'campaign', c.id, c.name FROM campaigns c
        WHERE c.org_id = :org_id AND c.event_id = :event_id
    UNION ALL SELECT 'gate', g.id, g.name FROM gates g
        WHERE g.org_id = :org_id AND g.event_id = :event_id
    UNION ALL SELECT 'printer', d.id, d.name FROM door_printers d
        WHERE d.org_id = :org_id AND d.event_id = :event_id)
SELECT a.id, a.at, a.actor, a.action, a.noun, a.noun_id, a.facts, p.name
FROM parts p CROSS JOIN audit_entries a
WHERE a.org_id = :org_id AND a.noun = p.noun AND a.noun_id = p.id AND a.id < :before
    AND (:noun = '' OR a.noun = :noun) AND (:noun_id = 0 OR a.noun_id = :noun_id)
    AND (:actor = '' OR a.actor = :actor)
ORDER BY a.id DESC LIMIT :limit;

-- name: list_seen_entries(org_id, user_id, is_limited: int, actor_of: str, noun, noun_id: int,
--     actor, before: int, any: str, limit) -> seen_log.LogLine
-- Entries of no event that is hidden from the user: one that only named people see, or (limited)
-- one that does not name the user. Those who are limited see of what belongs to no event their own.
-- An entry of a person is shown where the person is in no event, or in one that is seen; any = %.
WITH hidden AS (
    SELECT e.id FROM events e
    WHERE e.org_id = :org_id AND (CAST(:is_limited AS BIGINT) = 1 OR EXISTS (
            SELECT 1 FROM limited_events l WHERE l.org_id = e.org_id AND l.event_id = e.id))
        AND NOT EXISTS (SELECT 1 FROM staff_events s
            WHERE s.org_id = e.org_id AND s.event_id = e.id AND s.user_id = :user_id))
SELECT a.id, a.at, a.actor, a.action, a.noun, a.noun_id, a.facts FROM audit_entries a
WHERE a.org_id = :org_id AND a.id < :before AND (:noun = '' OR a.noun = :noun)
    AND (:noun_id = 0 OR a.noun_id = :noun_id) AND (:actor = '' OR a.actor = :actor)
    AND coalesce(CASE a.noun
        WHEN 'event' THEN a.noun_id
        WHEN 'exam' THEN a.noun_id
        WHEN 'certificate template' THEN a.noun_id
        WHEN 'retention' THEN a.noun_id
        WHEN 'registration' THEN (SELECT x.event_id FROM registrations x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'session' THEN (SELECT x.event_id FROM sessions x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'ticket_type' THEN (SELECT x.event_id FROM ticket_types x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'speaker' THEN (SELECT x.event_id FROM speakers x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'survey' THEN (SELECT x.event_id FROM surveys x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'question' THEN (SELECT x.event_id FROM questions x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'event_question' THEN (SELECT x.event_id FROM event_questions x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'campaign' THEN (SELECT x.event_id FROM campaigns x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'invitation' THEN (SELECT x.event_id FROM invitations x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'waiting_entry' THEN (SELECT x.event_id FROM waiting_entries x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'gate' THEN (SELECT x.event_id FROM gates x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'printer' THEN (SELECT x.event_id FROM door_printers x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'party' THEN (SELECT x.event_id FROM parties x
            WHERE x.org_id = a.org_id AND x.id = a.noun_id)
        WHEN 'door_device' THEN (SELECT min(x.event_id) FROM door_posts x
            WHERE x.org_id = a.org_id AND x.device_id = a.noun_id
                AND x.event_id IN (SELECT id FROM hidden))
        WHEN 'person' THEN NULL
        WHEN 'learner' THEN NULL
        ELSE CASE WHEN CAST(:is_limited AS BIGINT) = 1 AND a.actor <> :actor_of
            THEN (SELECT min(id) FROM hidden) END
    END, 0) NOT IN (SELECT id FROM hidden)
    AND NOT EXISTS (SELECT 1 FROM hidden h
        WHERE a.facts LIKE CAST(:any AS TEXT) || '"event_id":' || h.id || '}'
            OR a.facts LIKE CAST(:any AS TEXT) || '"event_id":' || h.id || ',' || :any)
    AND NOT (a.noun IN ('job', 'reply', 'callback', 'network') AND EXISTS (
        SELECT 1 FROM jobs j JOIN hidden h
            ON j.list_ids LIKE CAST(:any AS TEXT) || '"event:' || h.id || :any
            OR j.options LIKE CAST(:any AS TEXT) || '"event":"' || h.id || '"' || :any
        WHERE j.org_id = a.org_id AND j.id = CASE a.noun
            WHEN 'reply' THEN (SELECT x.job_id FROM replies x
                WHERE x.org_id = a.org_id AND x.id = a.noun_id)
            WHEN 'callback' THEN (SELECT x.job_id FROM callbacks x
                WHERE x.org_id = a.org_id AND x.id = a.noun_id)
            ELSE a.noun_id END))
    AND NOT (a.noun IN ('person', 'learner') AND EXISTS (
        SELECT 1 FROM people q WHERE q.org_id = a.org_id
            AND (q.id = a.noun_id OR q.merged_into = a.noun_id) AND (
            EXISTS (SELECT 1 FROM registrations x WHERE x.org_id = q.org_id
                AND x.person_id = q.id)
            OR EXISTS (SELECT 1 FROM invitations x WHERE x.org_id = q.org_id
                AND x.person_id = q.id)
            OR EXISTS (SELECT 1 FROM waiting_entries x WHERE x.org_id = q.org_id
                AND x.person_id = q.id)
            OR EXISTS (SELECT 1 FROM parties x WHERE x.org_id = q.org_id
                AND x.contact_id = q.id)))
        AND NOT EXISTS (
        SELECT 1 FROM people q WHERE q.org_id = a.org_id
            AND (q.id = a.noun_id OR q.merged_into = a.noun_id) AND (
            EXISTS (SELECT 1 FROM registrations x WHERE x.org_id = q.org_id
                AND x.person_id = q.id AND x.event_id NOT IN (SELECT id FROM hidden))
            OR EXISTS (SELECT 1 FROM invitations x WHERE x.org_id = q.org_id
                AND x.person_id = q.id AND x.event_id NOT IN (SELECT id FROM hidden))
            OR EXISTS (SELECT 1 FROM waiting_entries x WHERE x.org_id = q.org_id
                AND x.person_id = q.id AND x.event_id NOT IN (SELECT id FROM hidden))
            OR EXISTS (SELECT 1 FROM parties x WHERE x.org_id = q.org_id
                AND x.contact_id = q.id AND x.event_id NOT IN (SELECT id FROM hidden)))))
ORDER BY a.id DESC LIMIT :limit;
