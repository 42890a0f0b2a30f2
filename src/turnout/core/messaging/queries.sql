-- name: get_job_head(org_id, id)^
-- What nearly everything about a job begins with; model.JobHead.
SELECT org_id, id, user_id, kind, job_type, lane, name, state, is_paused, sender, content, options,
    timezone, expires_at
FROM jobs WHERE org_id = :org_id AND id = :id;

-- == accepting ==

-- name: add_job(org_id, id, user_id, kind, job_type, channel, lane, name, state, sender, content, options, list_ids, is_deduped, timezone, now, scheduled_local, scheduled_at, reserved)!
INSERT INTO jobs (org_id, id, user_id, kind, job_type, channel, lane, name, state, sender, content,
    options, list_ids, is_deduped, timezone, accepted_at, scheduled_local, scheduled_at,
    reserved_micros, due_at)
VALUES (:org_id, :id, :user_id, :kind, :job_type, :channel, :lane, :name, :state, :sender, :content,
    :options, :list_ids, :is_deduped, :timezone, :now, :scheduled_local, :scheduled_at,
    :reserved, NULL);

-- name: get_staged(org_id, id)^
SELECT channel, is_deduped FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: count_added(org_id, id, added)!
UPDATE jobs SET total = total + :added, open = open + :added WHERE org_id = :org_id AND id = :id;

-- name: get_schedule(org_id, id)^
SELECT scheduled_at, list_ids FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: schedule_job(org_id, id, due_at)!
UPDATE jobs SET state = 'scheduled', due_at = :due_at WHERE org_id = :org_id AND id = :id;

-- name: get_start_facts(org_id, id)^
SELECT timezone, options, lane, job_type FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: start_job(org_id, id, now, cutoff_at, expires_at)!
UPDATE jobs SET state = 'sending', started_at = coalesce(started_at, :now),
    ready_at = CASE WHEN is_paused = 1 THEN NULL ELSE CAST(:now AS BIGINT) END,
    cutoff_at = CAST(:cutoff_at AS BIGINT), expires_at = CAST(:expires_at AS BIGINT),
    due_at = coalesce(CAST(:cutoff_at AS BIGINT), CAST(:expires_at AS BIGINT))
WHERE org_id = :org_id AND id = :id;

-- == prices ==

-- name: ensure_spending(org_id, user_id, month)!
INSERT INTO spending (org_id, user_id, month, spent_micros) VALUES (:org_id, :user_id, :month, 0)
ON CONFLICT (org_id, user_id, month) DO NOTHING;

-- name: reserve(org_id, user_id, month, amount, most)!
-- `most` -1 = no limit. The guard and the count are one statement.
UPDATE spending SET spent_micros = spent_micros + :amount
WHERE org_id = :org_id AND user_id = :user_id AND month = :month
    AND (:most < 0 OR spent_micros + :amount <= :most);

-- name: mark_alerted(org_id, user_id, month, least, now)$
UPDATE spending SET alerted_at = :now
WHERE org_id = :org_id AND user_id = :user_id AND month = :month
    AND alerted_at IS NULL AND spent_micros >= :least
RETURNING spent_micros;

-- name: get_job_cost(org_id, id)^
SELECT user_id, accepted_at, timezone, reserved_micros, cost_micros
FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: set_reserved(org_id, id, reserved)!
UPDATE jobs SET reserved_micros = :reserved WHERE org_id = :org_id AND id = :id;
