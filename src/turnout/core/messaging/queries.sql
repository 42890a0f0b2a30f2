-- name: get_job_head(org_id, id)^
-- What nearly everything about a job begins with; model.JobHead.
SELECT org_id, id, user_id, kind, job_type, lane, name, state, is_paused, sender, content, options,
    timezone, expires_at
FROM jobs WHERE org_id = :org_id AND id = :id;
