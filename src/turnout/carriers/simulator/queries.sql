-- name: list_due(now, limit) -> outbox.DueReport
-- crosses organizations: the simulated network is one for all of them.
SELECT org_id, id, attempt_id, channel, sender, destination, outcome
FROM simulated_messages WHERE due_at IS NOT NULL AND due_at <= :now
ORDER BY due_at, id LIMIT :limit;

-- name: pull_due(now, ahead)!
-- crosses organizations: the simulated network is one for all of them.
UPDATE simulated_messages SET due_at = :now WHERE due_at > :now AND at > :ahead;

-- name: next_due()$ -> int | None
-- crosses organizations: the simulated network is one for all of them.
SELECT min(due_at) FROM simulated_messages WHERE due_at IS NOT NULL;

-- name: list_old(before, limit) -> (org_id: OrgId, id: int)
-- crosses organizations: old messages are deleted for all of them.
SELECT org_id, id FROM simulated_messages WHERE at < :before ORDER BY at LIMIT :limit;

-- name: delete_message(org_id, id)*!
DELETE FROM simulated_messages WHERE org_id = :org_id AND id = :id;

-- name: list_messages(org_id, user_id, codes_of: int, channel, destination, form: str, key: str,
--     job_id, before_at, before_id: int, limit)
--     -> (id: int, job_id: JobId, kind: str, channel: str, sender: str, destination: str,
--         subject: str, text: str, facts: str, outcome: str, at: int)
-- Newest first; `user_id` and `job_id` 0, `channel` and `destination` empty = any. A destination is
-- in lower case, in three forms (SQLite lowers ASCII alone). Codes are those
-- of the user `codes_of`, 0 = anybody's. Only those that are older than the one that was sent at
-- `before_at` and has the number `before_id`; 0 = any.
SELECT m.id, m.job_id, m.kind, m.channel, m.sender, m.destination, m.subject, m.text, m.facts,
    m.outcome, m.at
FROM simulated_messages m JOIN jobs j ON j.org_id = m.org_id AND j.id = m.job_id
WHERE m.org_id = :org_id AND m.at > 0 AND (:channel = '' OR m.channel = :channel)
    AND (:destination = '' OR lower(m.destination) IN (:destination, :form, :key))
    AND (:job_id = 0 OR m.job_id = :job_id) AND (:user_id = 0 OR j.user_id = :user_id)
    AND (m.kind <> 'code' OR :codes_of = 0 OR j.user_id = :codes_of)
    AND (:before_at = 0 OR m.at < :before_at OR (m.at = :before_at AND m.id < :before_id))
ORDER BY m.at DESC, m.id DESC LIMIT :limit;
