-- name: find_intake_target(org_id, credential_id, pak)^
-- Whether the caller may still ask, and what the pak leads to, in one look.
SELECT c.revoked_at, c.expires_at, d.noun, d.target_id
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
