-- name: find_intake_target(org_id, credential_id, pak)^
-- Whether the caller may still ask, and what the pak leads to, in one look.
SELECT c.revoked_at, c.expires_at, c.is_demo, d.noun, d.target_id
FROM credentials c
LEFT JOIN directory d ON d.namespace = 'pak' AND d.name = :pak AND d.org_id = c.org_id
WHERE c.org_id = :org_id AND c.id = :credential_id;

-- name: finish_items(org_id, id, status, message, person_id, now)*!
UPDATE queue_items SET status = :status, message = :message, person_id = :person_id, done_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: finish_submission(org_id, id, now)!
UPDATE submissions SET done_at = :now WHERE org_id = :org_id AND id = :id;

-- name: postpone_submission(org_id, id, due_at)!
UPDATE submissions SET attempts = attempts + 1, due_at = :due_at
WHERE org_id = :org_id AND id = :id;

-- name: count_waiting(most)$
-- crosses organizations: the backlog is one for the whole installation. Counts no further
-- than `most`, so that it costs little however long the queue is.
SELECT count(*) FROM (SELECT 1 FROM submissions WHERE done_at IS NULL LIMIT :most) waiting;

-- name: next_due()$
-- crosses organizations: workers serve all of them.
SELECT min(due_at) FROM submissions WHERE done_at IS NULL;

-- name: list_oldest_waits(now)
-- crosses organizations: workers serve all of them. What is set aside waits for an operator.
SELECT 'ticket mail', min(m.due_at) FROM ticket_mails m WHERE m.due_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = m.org_id AND c.queue = 'ticket mail'
        AND c.id = m.ticket_id AND c.set_aside_at IS NOT NULL)
UNION ALL
SELECT 'list mail', min(w.updated_at) FROM waiting_entries w
WHERE w.state IN ('waiting', 'offered') AND w.told_at IS NULL
    AND (w.deadline_at IS NULL OR w.deadline_at > :now) AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = w.org_id AND c.queue = 'list mail'
        AND c.id = w.id AND c.set_aside_at IS NOT NULL)
UNION ALL
SELECT 'offer', min(w.deadline_at) FROM waiting_entries w
WHERE w.state = 'offered' AND w.deadline_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = w.org_id AND c.queue = 'offer'
        AND c.id = w.id AND c.set_aside_at IS NOT NULL);

-- == attendees ==

-- name: list_attendees(org_id, event_id, after, until, which, since, ticket_type_id, has_cancelled)
-- Whoever is registered, with a row for each valid ticket, by rising number; `has_cancelled` 1 =
-- with every ticket. `which` is empty, `checked` or `unchecked`; `since` and `ticket_type_id` 0 =
-- any.
SELECT r.id, p.first_name, p.last_name, p.company, p.job_title, p.email, p.phone,
    t.code, t.ticket_type_id, t.checked_in_at, t.created_at,
    CASE WHEN t.state = 'valid' AND r.state = 'confirmed' THEN 1 ELSE 0 END
FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.id > :after AND r.id <= :until
    AND (:has_cancelled = 1 OR (r.state = 'confirmed' AND t.state = 'valid'))
    AND (:which = '' OR (:which = 'checked') = (t.checked_in_at IS NOT NULL))
    AND (:since = 0 OR r.updated_at >= :since OR p.updated_at >= :since OR t.updated_at >= :since)
    AND (:ticket_type_id = 0 OR t.ticket_type_id = :ticket_type_id)
ORDER BY r.id, t.id;

-- name: list_attendee_page(org_id, event_id, which, since, ticket_type_id, has_cancelled, most, skip)
-- The numbers of the registrations on a page of that list.
SELECT DISTINCT r.id
FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id
    AND (:has_cancelled = 1 OR (r.state = 'confirmed' AND t.state = 'valid'))
    AND (:which = '' OR (:which = 'checked') = (t.checked_in_at IS NOT NULL))
    AND (:since = 0 OR r.updated_at >= :since OR p.updated_at >= :since OR t.updated_at >= :since)
    AND (:ticket_type_id = 0 OR t.ticket_type_id = :ticket_type_id)
ORDER BY r.id LIMIT :most OFFSET :skip;

-- name: find_attendee(org_id, event_id, code)
-- Whose ticket it is, with all tickets of the registration; none for a code of another event.
SELECT r.id, p.first_name, p.last_name, p.company, p.job_title, p.email, p.phone,
    t.code, t.ticket_type_id, t.checked_in_at, t.created_at,
    CASE WHEN t.state = 'valid' AND r.state = 'confirmed' THEN 1 ELSE 0 END
FROM tickets c
JOIN registrations r ON r.org_id = c.org_id AND r.id = c.registration_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
    AND (t.state = 'valid' OR t.id = c.id)
WHERE c.org_id = :org_id AND c.code = :code AND r.event_id = :event_id
ORDER BY t.id;

-- name: find_ticket_page(org_id, code)^
SELECT r.event_id, t.code, t.ticket_type_id, y.name,
    CASE WHEN t.state = 'valid' AND r.state = 'confirmed' AND e.state <> 'cancelled' THEN 0 ELSE 1 END,
    t.checked_in_at
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE t.org_id = :org_id AND t.code = :code;

-- == checking ==

-- name: find_scanned(org_id, event_id, code)^
SELECT t.id, t.code, t.registration_id, t.ticket_type_id, t.state, r.state, e.state,
    t.checked_in_at, CASE WHEN r.sitting = 0 THEN '' ELSE r.uuid END
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE t.org_id = :org_id AND t.code = :code AND r.event_id = :event_id;

-- name: check_in(org_id, id, at, now)!
-- The first scan wins: the guard and the mark are one statement.
UPDATE tickets SET checked_in_at = :at, updated_at = :now
WHERE org_id = :org_id AND id = :id AND checked_in_at IS NULL AND state = 'valid';

-- name: undo_check_in(org_id, id, now)!
UPDATE tickets SET checked_in_at = NULL, updated_at = :now
WHERE org_id = :org_id AND id = :id AND checked_in_at IS NOT NULL;

-- name: list_booked(org_id, registration_id)
SELECT session_id FROM session_bookings
WHERE org_id = :org_id AND registration_id = :registration_id;

-- name: get_checked_in_at(org_id, id)$
SELECT checked_in_at FROM tickets WHERE org_id = :org_id AND id = :id;

-- name: add_scan(org_id, id, event_id, ticket_id, code, result, gate_id, device, nonce, at, now)!
-- 0 rows when the device has uploaded it before.
INSERT INTO scans (org_id, id, event_id, ticket_id, code, result, gate_id, device, nonce, at,
    recorded_at)
VALUES (:org_id, :id, :event_id, CAST(:ticket_id AS BIGINT), :code, :result,
    CAST(:gate_id AS BIGINT), :device, CAST(:nonce AS TEXT), :at, :now)
ON CONFLICT (org_id, event_id, device, nonce) DO NOTHING;

-- name: find_scan(org_id, event_id, device, nonce)^
SELECT code, result, at FROM scans
WHERE org_id = :org_id AND event_id = :event_id AND device = :device AND nonce = :nonce;

-- name: list_scans(org_id, event_id, most)
-- Newest first.
SELECT id, ticket_id, code, result, gate_id, device, at, recorded_at FROM scans
WHERE org_id = :org_id AND event_id = :event_id ORDER BY id DESC LIMIT :most;

-- name: add_gate(org_id, id, event_id, name, ticket_type_ids, session_ids, now)!
INSERT INTO gates (org_id, id, event_id, name, ticket_type_ids, session_ids, created_at)
VALUES (:org_id, :id, :event_id, :name, :ticket_type_ids, :session_ids, :now);

-- name: get_gate(org_id, event_id, id)^
SELECT id, name, ticket_type_ids, session_ids FROM gates
WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: list_gates(org_id, event_id)
SELECT id, name, ticket_type_ids, session_ids FROM gates
WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- == inviting ==

-- name: add_campaign(org_id, id, event_id, ticket_type_id, name, subject, sender_email, sender_name, body, user_id, sti, now)!
INSERT INTO campaigns (org_id, id, event_id, ticket_type_id, name, subject, sender_email,
    sender_name, body, user_id, sti, created_at, updated_at)
VALUES (:org_id, :id, :event_id, :ticket_type_id, :name, :subject, :sender_email, :sender_name,
    :body, :user_id, :sti, :now, :now);

-- name: list_campaigns(org_id, event_id)
SELECT c.id, c.event_id, c.ticket_type_id, c.name, c.subject, c.sender_email, c.sender_name, c.body,
    c.user_id, c.sent_at, c.sti
FROM campaigns c WHERE c.org_id = :org_id AND c.event_id = :event_id ORDER BY c.id;

-- name: get_campaign(org_id, id)^
SELECT id, event_id, ticket_type_id, name, subject, sender_email, sender_name, body, user_id,
    sent_at, sti
FROM campaigns WHERE org_id = :org_id AND id = :id;

-- name: mark_campaign_sent(org_id, id, now)!
UPDATE campaigns SET sent_at = coalesce(sent_at, :now), updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: count_answers(org_id, event_id)
SELECT campaign_id, state, count(*) FROM invitations
WHERE org_id = :org_id AND event_id = :event_id GROUP BY campaign_id, state;

-- name: add_invitation(org_id, id, uuid, campaign_id, event_id, person_id, now)!
-- 0 rows when the person is invited already.
INSERT INTO invitations (org_id, id, uuid, campaign_id, event_id, person_id, state, created_at,
    updated_at)
VALUES (:org_id, :id, :uuid, :campaign_id, :event_id, :person_id, 'pending', :now, :now)
ON CONFLICT (org_id, campaign_id, person_id) DO NOTHING;

-- name: list_invitees(org_id, event_id, campaign_id, id, email, first_name, last_name, state)
-- `campaign_id` and `id` 0, texts empty = any; texts in lower case.
SELECT i.id, i.campaign_id, i.person_id, p.email, p.first_name, p.last_name, i.state,
    (SELECT t.code FROM registrations r
    JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid'
    WHERE i.state = 'confirmed' AND r.org_id = i.org_id AND r.person_id = i.person_id
        AND r.event_id = i.event_id AND r.state = 'confirmed' ORDER BY t.id LIMIT 1)
FROM invitations i
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id
WHERE i.org_id = :org_id AND i.event_id = :event_id
    AND (:campaign_id = 0 OR i.campaign_id = :campaign_id) AND (:id = 0 OR i.id = :id)
    AND (:email = '' OR lower(p.email) = :email)
    AND (:first_name = '' OR lower(p.first_name) = :first_name)
    AND (:last_name = '' OR lower(p.last_name) = :last_name)
    AND (:state = '' OR i.state = :state)
ORDER BY i.id;

-- name: list_unsent(org_id, campaign_id, is_reminder, after, most)
-- Those who have not been written to; with `is_reminder`, those who have not answered.
SELECT i.id, p.email, p.first_name, p.last_name
FROM invitations i
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id
WHERE i.org_id = :org_id AND i.campaign_id = :campaign_id AND i.id > :after AND i.state = 'pending'
    AND (:is_reminder = 1 OR i.sent_at IS NULL)
ORDER BY i.id LIMIT :most;

-- name: mark_invitations_sent(org_id, campaign_id, until, now)!
UPDATE invitations SET sent_at = :now
WHERE org_id = :org_id AND campaign_id = :campaign_id AND id <= :until AND state = 'pending';

-- name: lock_invitation(org_id, id)^
-- Held until this transaction ends: an answer is decided by one at a time.
UPDATE invitations SET updated_at = updated_at WHERE org_id = :org_id AND id = :id
RETURNING campaign_id, event_id, person_id, state;

-- name: set_answer(org_id, id, state, now)!
UPDATE invitations SET state = :state, answered_at = :now, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: find_invitation(id)^
-- crosses organizations: a personal link leads to its invitation, and so to the organization.
SELECT org_id, event_id FROM invitations WHERE id = :id;

-- name: get_person_contact(org_id, id)^
SELECT email, title, first_name, last_name, company, job_title, phone FROM people
WHERE org_id = :org_id AND id = :id;

-- == live lists ==

-- name: find_event_end(org_id, id)$
SELECT ends_at FROM events WHERE org_id = :org_id AND id = :id;

-- name: list_registered(org_id, event_id, which, after, most)
-- `which` is empty, `checked` or `unchecked`.
SELECT r.id, p.title, p.first_name, p.last_name, p.email, p.phone, p.company, e.title, t.code
FROM registrations r
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
LEFT JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid'
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.id > :after AND r.state = 'confirmed'
    AND (:which = '' OR (:which = 'checked') = (t.checked_in_at IS NOT NULL))
ORDER BY r.id LIMIT :most;

-- name: list_pending(org_id, event_id, after, most)
SELECT i.person_id, p.title, p.first_name, p.last_name, p.email, p.phone, p.company, e.title, ''
FROM invitations i
JOIN events e ON e.org_id = i.org_id AND e.id = i.event_id
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id
WHERE i.org_id = :org_id AND i.event_id = :event_id AND i.person_id > :after AND i.state = 'pending'
ORDER BY i.person_id LIMIT :most;

-- == joining ==

-- name: find_valid_ticket(org_id, registration_id)$
-- The newest.
SELECT max(id) FROM tickets
WHERE org_id = :org_id AND registration_id = :registration_id AND state = 'valid';

-- name: find_ticket_code(org_id, event_id, person_id)$
SELECT t.code FROM registrations r
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid'
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.person_id = :person_id
    AND r.state = 'confirmed' ORDER BY t.id DESC LIMIT 1;

-- name: add_ticket_mail(org_id, ticket_id, user_id, now)!
INSERT INTO ticket_mails (org_id, ticket_id, user_id, due_at)
VALUES (:org_id, :ticket_id, CAST(:user_id AS BIGINT), :now)
ON CONFLICT (org_id, ticket_id) DO NOTHING;

-- name: hold_ticket_mail(org_id, ticket_id, due_at)!
UPDATE ticket_mails SET due_at = :due_at WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: hasten_ticket_mail(org_id, ticket_id, now)!
-- Not one that could not be drawn: its pauses stay.
UPDATE ticket_mails SET due_at = :now
WHERE org_id = :org_id AND ticket_id = :ticket_id AND due_at > :now AND attempts = 0;

-- == ticket mails ==

-- name: list_due_ticket_mails(now, most)
-- crosses organizations: the worker serves all of them.
SELECT m.org_id, m.ticket_id, m.user_id, m.attempts, r.event_id, t.code, t.ticket_type_id,
    p.email, p.first_name, p.last_name
FROM ticket_mails m
JOIN tickets t ON t.org_id = m.org_id AND t.id = m.ticket_id
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE m.due_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = m.org_id AND c.queue = 'ticket mail'
        AND c.id = m.ticket_id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY m.due_at, m.org_id, m.ticket_id LIMIT :most;

-- name: is_ticket_valid(org_id, id)$
SELECT CASE WHEN state = 'valid' THEN 1 ELSE 0 END FROM tickets WHERE org_id = :org_id AND id = :id;

-- name: delete_ticket_mail(org_id, ticket_id)!
DELETE FROM ticket_mails WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- name: postpone_ticket_mail(org_id, ticket_id, due_at)!
UPDATE ticket_mails SET due_at = :due_at, attempts = attempts + 1
WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- == transferring ==

-- name: find_ticket_holder(org_id, code)^
SELECT r.id, r.event_id, r.person_id, t.id, t.ticket_type_id, t.checked_in_at, t.state
FROM tickets t JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
WHERE t.org_id = :org_id AND t.code = :code;

-- name: move_bookings(org_id, from_id, to_id)!
UPDATE session_bookings SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id;

-- == waiting ==

-- name: find_open_entry(org_id, event_id, person_id)^
SELECT id, event_id, ticket_type_id, person_id, state, deadline_at, sti FROM waiting_entries
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id
    AND state IN ('waiting', 'offered');

-- name: add_entry(org_id, id, event_id, ticket_type_id, person_id, sti, now)!
INSERT INTO waiting_entries (org_id, id, event_id, ticket_type_id, person_id, state, sti,
    created_at, updated_at)
VALUES (:org_id, :id, :event_id, :ticket_type_id, :person_id, 'waiting', :sti, :now, :now);

-- name: get_entry(org_id, id)^
SELECT id, event_id, ticket_type_id, person_id, state, deadline_at, sti FROM waiting_entries
WHERE org_id = :org_id AND id = :id;

-- name: lock_entry(org_id, id)^
-- Held until this transaction ends: an answer is decided by one at a time.
UPDATE waiting_entries SET updated_at = updated_at WHERE org_id = :org_id AND id = :id
RETURNING id, event_id, ticket_type_id, person_id, state, deadline_at, sti;

-- name: find_next(org_id, event_id)^
-- The first who waits and could be let in, as far as one can see from here.
SELECT w.id, w.ticket_type_id
FROM waiting_entries w
JOIN events e ON e.org_id = w.org_id AND e.id = w.event_id
JOIN ticket_types y ON y.org_id = w.org_id AND y.id = w.ticket_type_id
WHERE w.org_id = :org_id AND w.event_id = :event_id AND w.state = 'waiting'
    AND (y.capacity IS NULL OR y.held < y.capacity) AND (e.capacity IS NULL OR e.held < e.capacity)
ORDER BY w.id LIMIT 1;

-- name: get_offer_terms(org_id, id)^
SELECT state, starts_at, ends_at, waiting_hours FROM events WHERE org_id = :org_id AND id = :id;

-- name: offer(org_id, id, deadline_at, now)!
UPDATE waiting_entries
SET state = 'offered', offered_at = :now, deadline_at = :deadline_at, told_at = NULL,
    updated_at = :now
WHERE org_id = :org_id AND id = :id AND state = 'waiting';

-- name: set_entry_state(org_id, id, state, now)!
UPDATE waiting_entries SET state = :state, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: list_overdue(now, most)
-- crosses organizations: the sweep serves all of them.
SELECT org_id, id FROM waiting_entries
WHERE state = 'offered' AND deadline_at <= :now AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = waiting_entries.org_id AND c.queue = 'offer'
        AND c.id = waiting_entries.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY deadline_at, org_id, id LIMIT :most;

-- name: list_promotable(now, most)
-- crosses organizations: the sweep serves all of them. Events with somebody who could be let in.
SELECT DISTINCT w.org_id, w.event_id
FROM waiting_entries w
JOIN events e ON e.org_id = w.org_id AND e.id = w.event_id
JOIN ticket_types y ON y.org_id = w.org_id AND y.id = w.ticket_type_id
WHERE w.state = 'waiting' AND e.state IN ('open', 'closed') AND e.ends_at > :now
    AND (y.capacity IS NULL OR y.held < y.capacity) AND (e.capacity IS NULL OR e.held < e.capacity)
    AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = e.org_id AND c.queue = 'promotion'
        AND c.id = e.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
LIMIT :most;

-- name: list_untold(now, most)
-- crosses organizations: the worker serves all of them. Who has not been told how they stand.
SELECT w.org_id, w.id FROM waiting_entries w
WHERE w.state IN ('waiting', 'offered') AND w.told_at IS NULL
    AND (w.deadline_at IS NULL OR w.deadline_at > :now) AND NOT EXISTS (
    SELECT 1 FROM work_claims c WHERE c.org_id = w.org_id AND c.queue = 'list mail'
        AND c.id = w.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY w.id LIMIT :most;

-- name: find_untold(org_id, id)^
SELECT w.event_id, w.state, w.deadline_at, p.email, p.first_name, p.last_name
FROM waiting_entries w
JOIN people p ON p.org_id = w.org_id AND p.id = w.person_id
WHERE w.org_id = :org_id AND w.id = :id AND w.state IN ('waiting', 'offered')
    AND w.told_at IS NULL;

-- name: mark_told(org_id, id, now)!
UPDATE waiting_entries SET told_at = :now WHERE org_id = :org_id AND id = :id AND told_at IS NULL;

-- name: tell_again(org_id, event_id, person_id, now)!
-- Somebody on the list asked again: they are told once more how they stand.
UPDATE waiting_entries SET told_at = NULL, updated_at = :now
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id
    AND state IN ('waiting', 'offered');

-- name: set_waiting_hours(org_id, id, hours, now)!
UPDATE events SET waiting_hours = :hours, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: count_before(org_id, event_id, id)$
SELECT count(*) FROM waiting_entries
WHERE org_id = :org_id AND event_id = :event_id AND state = 'waiting' AND id < :id;

-- name: list_entries(org_id, event_id, is_all, most)
SELECT w.id, y.name, p.email, p.first_name, p.last_name, w.state, w.deadline_at, w.created_at
FROM waiting_entries w
JOIN people p ON p.org_id = w.org_id AND p.id = w.person_id
JOIN ticket_types y ON y.org_id = w.org_id AND y.id = w.ticket_type_id
WHERE w.org_id = :org_id AND w.event_id = :event_id
    AND (:is_all = 1 OR w.state IN ('waiting', 'offered'))
ORDER BY w.id LIMIT :most;

-- name: find_entry_organization(id)$
-- crosses organizations: a personal link leads to its entry, and so to the organization.
SELECT org_id FROM waiting_entries WHERE id = :id;

-- == zone data ==

-- name: list_events_ahead(now, after_org, after_id, most)
-- crosses organizations: newer zone data is of all of them.
SELECT org_id, id, timezone, starts_local, ends_local, starts_at, ends_at FROM events
WHERE ends_at > :now AND (org_id, id) > (:after_org, :after_id) ORDER BY org_id, id LIMIT :most;

-- name: list_sessions_ahead(now, after_org, after_id, most)
-- crosses organizations: newer zone data is of all of them.
SELECT s.org_id, s.id, e.timezone, s.starts_local, s.ends_local, s.starts_at, s.ends_at
FROM sessions s JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
WHERE s.ends_at > :now AND (s.org_id, s.id) > (:after_org, :after_id)
ORDER BY s.org_id, s.id LIMIT :most;

-- name: list_jobs_ahead(now, after_org, after_id, most)
-- crosses organizations: newer zone data is of all of them.
SELECT org_id, id, timezone, scheduled_local, scheduled_local, scheduled_at, scheduled_at FROM jobs
WHERE state = 'scheduled' AND scheduled_local <> '' AND scheduled_at > :now
    AND (org_id, id) > (:after_org, :after_id) ORDER BY org_id, id LIMIT :most;

-- name: move_event(org_id, id, starts_at, ends_at, now)!
UPDATE events SET starts_at = :starts_at, ends_at = :ends_at, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: move_session(org_id, id, starts_at, ends_at, now)!
UPDATE sessions SET starts_at = :starts_at, ends_at = :ends_at, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: move_job(org_id, id, starts_at)!
UPDATE jobs SET scheduled_at = CAST(:starts_at AS BIGINT),
    due_at = CASE WHEN due_at IS NULL THEN NULL ELSE CAST(:starts_at AS BIGINT) END
WHERE org_id = :org_id AND id = :id AND state = 'scheduled';

-- == form limits ==

-- name: count_form(org_id, name, now, ends_at, limit, ahead)!
-- Counts a form, in a new window where the last one has ended or begins in the future; affects no
-- row at the limit.
INSERT INTO form_windows (org_id, name, started_at, ends_at, forms)
VALUES (:org_id, :name, :now, :ends_at, 1)
ON CONFLICT (org_id, name) DO UPDATE SET
    forms = CASE WHEN form_windows.ends_at <= excluded.started_at
        OR form_windows.started_at > :ahead THEN 1 ELSE form_windows.forms + 1 END,
    started_at = CASE WHEN form_windows.ends_at <= excluded.started_at
        OR form_windows.started_at > :ahead THEN excluded.started_at
        ELSE form_windows.started_at END,
    ends_at = CASE WHEN form_windows.ends_at <= excluded.started_at
        OR form_windows.started_at > :ahead THEN excluded.ends_at ELSE form_windows.ends_at END
WHERE form_windows.forms < :limit OR form_windows.ends_at <= excluded.started_at
    OR form_windows.started_at > :ahead;

-- name: book_mail(org_id, name, now, window, limit, ahead)!
-- Counts a mail that is never refused: the window grows by its length for every `limit` mails.
INSERT INTO form_windows (org_id, name, started_at, ends_at, forms)
VALUES (:org_id, :name, :now, CAST(:now AS BIGINT) + CAST(:window AS BIGINT), 1)
ON CONFLICT (org_id, name) DO UPDATE SET
    forms = CASE WHEN form_windows.ends_at <= excluded.started_at
        OR form_windows.started_at > :ahead THEN 1 ELSE form_windows.forms + 1 END,
    started_at = CASE WHEN form_windows.ends_at <= excluded.started_at
        OR form_windows.started_at > :ahead THEN excluded.started_at
        ELSE form_windows.started_at END,
    ends_at = CASE WHEN form_windows.ends_at <= excluded.started_at
        OR form_windows.started_at > :ahead THEN excluded.ends_at
        WHEN form_windows.forms / CAST(:limit AS BIGINT) * CAST(:limit AS BIGINT)
            = form_windows.forms
        THEN form_windows.ends_at + CAST(:window AS BIGINT)
        ELSE form_windows.ends_at END;

-- name: find_form_window_end(org_id, name)$
SELECT ends_at FROM form_windows WHERE org_id = :org_id AND name = :name;

-- name: clear_form_window(org_id, name)!
DELETE FROM form_windows WHERE org_id = :org_id AND name = :name;

-- name: list_ended_form_windows(now, most)
-- crosses organizations: ended counts are deleted for all of them.
SELECT org_id, name FROM form_windows WHERE ends_at <= :now ORDER BY ends_at LIMIT :most;

-- name: delete_form_window(org_id, name, now)*!
-- The end is asked again: somebody may have begun the window anew meanwhile.
DELETE FROM form_windows WHERE org_id = :org_id AND name = :name AND ends_at <= :now;

-- == clock ==

-- name: pull_submissions(now, limit)!
-- crosses organizations: the clock is one for all of them. No wait is longer than the pause after
-- so many attempts.
UPDATE submissions SET due_at = CAST(:now AS BIGINT) + CASE
    WHEN attempts <= 0 THEN 0 WHEN attempts = 1 THEN 1000 WHEN attempts = 2 THEN 4000
    WHEN attempts = 3 THEN 16000 ELSE 64000 END
WHERE (org_id, id) IN (
    SELECT org_id, id FROM submissions
    WHERE done_at IS NULL AND due_at > :now AND due_at > CAST(:now AS BIGINT) + CASE
        WHEN attempts <= 0 THEN 0 WHEN attempts = 1 THEN 1000 WHEN attempts = 2 THEN 4000
        WHEN attempts = 3 THEN 16000 ELSE 64000 END
    LIMIT :limit);

-- name: pull_ticket_mails(now, back)!
-- crosses organizations: the clock is one for all of them. Some are held back for hours, on purpose:
-- they move with the clock.
UPDATE ticket_mails SET
    due_at = CASE WHEN due_at - CAST(:back AS BIGINT) > :now THEN due_at - CAST(:back AS BIGINT)
        ELSE CAST(:now AS BIGINT) END
WHERE due_at > :now;
