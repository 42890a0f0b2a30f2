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
--     -> (code: str, name: str, state: str, granted_by: str, created_at: int, updated_at: int)
SELECT t.code, y.name, t.state, t.granted_by, t.created_at, t.updated_at
FROM tickets t JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE t.org_id = :org_id AND t.registration_id = :registration_id
ORDER BY t.created_at, t.id;

-- name: list_booked(org_id, registration_id) -> (title: str, created_at: int)
SELECT s.title, b.created_at
FROM session_bookings b JOIN sessions s ON s.org_id = b.org_id AND s.id = b.session_id
WHERE b.org_id = :org_id AND b.registration_id = :registration_id ORDER BY b.session_id;

-- name: list_scanned(org_id, event_id, registration_id)
--     -> (code: str, result: str, gate: str | None, device: str, at: int)
SELECT c.code, c.result, g.name AS gate, c.device, c.at
FROM scans c
JOIN tickets t ON t.org_id = c.org_id AND t.id = c.ticket_id
LEFT JOIN gates g ON g.org_id = c.org_id AND g.id = c.gate_id
WHERE c.org_id = :org_id AND c.event_id = :event_id AND t.registration_id = :registration_id
ORDER BY c.id;

-- name: list_invited(org_id, event_id, person_id)
--     -> (id: InviteeId, name: str, created_at: int, sent_at: int | None, declined_at: int | None)
SELECT i.id, c.name, i.created_at, i.sent_at, i.declined_at
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
--     -> (name: str, channel: str, status: str, accepted_at: int, sent_at: int | None)
-- What was sent to one address, newest first. Reads by `recipients_address`.
SELECT j.name, j.channel, r.status, j.accepted_at, r.sent_at
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
    ELSE 0 END AS is_next, r.address, j.timezone
FROM recipients r JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id
LEFT JOIN users u ON u.org_id = j.org_id AND u.id = j.user_id
WHERE r.org_id = :org_id AND r.address <> '' AND lower(r.address) = :address
    AND j.state <> 'staging'
ORDER BY r.job_id DESC, r.id DESC LIMIT :limit;

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
