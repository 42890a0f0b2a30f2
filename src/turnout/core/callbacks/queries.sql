-- name: list_orgs_with_callbacks() -> (org_id: OrgId)
-- crosses organizations: one worker calls the receivers of all of them.
-- Jumps from one to the next along the index, however many calls each of them has.
WITH RECURSIVE orgs (org_id) AS (
    SELECT min(org_id) FROM callbacks WHERE due_at IS NOT NULL
    UNION ALL
    SELECT (SELECT min(c.org_id) FROM callbacks c
        WHERE c.due_at IS NOT NULL AND c.org_id > orgs.org_id)
    FROM orgs WHERE orgs.org_id IS NOT NULL
)
SELECT org_id FROM orgs WHERE org_id IS NOT NULL;

-- name: list_receivers(org_id, after: str, limit) -> (host: str, due_at: int)
-- Receivers behind `after` with what is to be called there first, jumping along the index.
WITH RECURSIVE receivers (host, number) AS (
    SELECT min(host), 1 FROM callbacks
    WHERE org_id = :org_id AND due_at IS NOT NULL AND host > :after
    UNION ALL
    SELECT (SELECT min(c.host) FROM callbacks c
        WHERE c.org_id = :org_id AND c.due_at IS NOT NULL AND c.host > receivers.host), number + 1
    FROM receivers WHERE receivers.host IS NOT NULL AND number < :limit
)
SELECT host, (SELECT min(c.due_at) FROM callbacks c
    WHERE c.org_id = :org_id AND c.due_at IS NOT NULL AND c.host = receivers.host)
FROM receivers WHERE host IS NOT NULL;

-- name: find_callback_state(org_id, id: CallbackId)^ -> outbox._CallState | None
SELECT state, attempts, give_up_at, due_at FROM callbacks WHERE org_id = :org_id AND id = :id;

-- name: record_callback(org_id, id, state, attempts, due_at, done_at, was_due_at)*!
-- Only what is as it was found: `was_due_at`, 0 = not due.
UPDATE callbacks SET state = :state, attempts = :attempts, due_at = CAST(:due_at AS BIGINT),
    done_at = CASE WHEN CAST(:done_at AS BIGINT) IS NULL THEN NULL
        ELSE coalesce(done_at, CAST(:done_at AS BIGINT)) END
WHERE org_id = :org_id AND id = :id AND coalesce(due_at, 0) = :was_due_at;

-- name: return_callback(org_id, id: CallbackId, due_at: int | None)!
UPDATE callbacks SET state = 'waiting', due_at = CAST(:due_at AS BIGINT)
WHERE org_id = :org_id AND id = :id;

-- name: add_attempt(org_id, id, number, at, took_ms, status, error)*!
INSERT INTO callback_attempts (org_id, callback_id, number, at, took_ms, status, error)
VALUES (:org_id, :id, :number, :at, :took_ms, :status, :error)
ON CONFLICT (org_id, callback_id, number) DO NOTHING;

-- name: list_callbacks(org_id, job_id, state, limit) -> Callback
-- `job_id` 0 and `state` empty = any.
SELECT c.org_id, c.id, c.uuid, c.job_id, c.url, c.body, c.state, c.attempts, c.created_at, c.due_at,
    c.done_at, a.status AS last_status, coalesce(a.error, '') AS last_error
FROM callbacks c LEFT JOIN callback_attempts a
    ON a.org_id = c.org_id AND a.callback_id = c.id AND a.number = c.attempts
WHERE c.org_id = :org_id AND c.id > 0 AND (:job_id = 0 OR c.job_id = :job_id)
    AND (:state = '' OR c.state = :state)
ORDER BY c.id DESC LIMIT :limit;

-- name: find_callback(org_id, id: CallbackId)^ -> Callback | None
SELECT c.org_id, c.id, c.uuid, c.job_id, c.url, c.body, c.state, c.attempts, c.created_at, c.due_at,
    c.done_at, a.status AS last_status, coalesce(a.error, '') AS last_error
FROM callbacks c LEFT JOIN callback_attempts a
    ON a.org_id = c.org_id AND a.callback_id = c.id AND a.number = c.attempts
WHERE c.org_id = :org_id AND c.id = :id AND c.id > 0;

-- name: list_attempts(org_id, callback_id) -> CallbackAttempt
SELECT number, at, took_ms, status, error FROM callback_attempts
WHERE org_id = :org_id AND callback_id = :callback_id ORDER BY number;

-- name: replay_callback(org_id, id: CallbackId, now, give_up_at)!
UPDATE callbacks SET state = 'waiting', due_at = :now, done_at = NULL, give_up_at = :give_up_at
WHERE org_id = :org_id AND id = :id;

-- name: find_secret(org_id)$ -> str | None
SELECT secret FROM callback_keys WHERE org_id = :org_id;

-- name: add_secret(org_id, secret, now)!
INSERT INTO callback_keys (org_id, secret, created_at) VALUES (:org_id, :secret, :now)
ON CONFLICT (org_id) DO NOTHING;

-- name: find_callback_key(org_id)^
--     -> (secret: str, created_at: int, former_secret: str, former_until: int | None) | None
SELECT secret, created_at, former_secret, former_until FROM callback_keys WHERE org_id = :org_id;

-- name: set_secret(org_id, secret, former_until: int | None, now)!
-- Without a `former_until` (epoch ms) the former one ends now.
UPDATE callback_keys SET secret = :secret, created_at = :now,
    former_secret = CASE WHEN CAST(:former_until AS BIGINT) IS NULL THEN '' ELSE secret END,
    former_until = CAST(:former_until AS BIGINT)
WHERE org_id = :org_id;

-- name: list_old_callbacks(before, limit) -> (org_id: OrgId, id: CallbackId)
-- crosses organizations: old ones are deleted for all of them.
SELECT org_id, id FROM callbacks WHERE done_at < :before ORDER BY done_at LIMIT :limit;

-- name: delete_attempts(org_id, id)*!
DELETE FROM callback_attempts WHERE org_id = :org_id AND callback_id = :id;

-- name: delete_callback(org_id, id)*!
DELETE FROM callbacks WHERE org_id = :org_id AND id = :id;

-- name: pull_callbacks(now, latest: int, limit)!
-- crosses organizations: the clock is one for all of them. No call waits for longer than the pause
-- of `PAUSES_S` after so many tries, and none is tried for longer than until `latest`.
UPDATE callbacks SET due_at = CASE WHEN due_at <= :now THEN due_at ELSE CAST(:now AS BIGINT) + CASE
        WHEN attempts <= 0 THEN 0 WHEN attempts = 1 THEN 10000 WHEN attempts = 2 THEN 30000
        WHEN attempts = 3 THEN 60000 WHEN attempts = 4 THEN 120000 WHEN attempts = 5 THEN 300000
        WHEN attempts = 6 THEN 600000 WHEN attempts = 7 THEN 1200000
        WHEN attempts = 8 THEN 1800000 ELSE 3600000 END END,
    give_up_at = CASE WHEN give_up_at > :latest THEN CAST(:latest AS BIGINT) ELSE give_up_at END
WHERE (org_id, id) IN (
    SELECT org_id, id FROM callbacks
    WHERE due_at IS NOT NULL AND state = 'waiting' AND (give_up_at > :latest
        OR due_at > CAST(:now AS BIGINT) + CASE
            WHEN attempts <= 0 THEN 0 WHEN attempts = 1 THEN 10000 WHEN attempts = 2 THEN 30000
            WHEN attempts = 3 THEN 60000 WHEN attempts = 4 THEN 120000 WHEN attempts = 5 THEN 300000
            WHEN attempts = 6 THEN 600000 WHEN attempts = 7 THEN 1200000
            WHEN attempts = 8 THEN 1800000 ELSE 3600000 END)
    LIMIT :limit);

-- name: pull_calls(now, latest: int)!
-- crosses organizations: the clock is one for all of them. Nobody holds a lease that ends later
-- than `latest`: the holder is dead.
UPDATE callbacks SET due_at = :now
WHERE due_at IS NOT NULL AND due_at > :latest AND state = 'claimed';
