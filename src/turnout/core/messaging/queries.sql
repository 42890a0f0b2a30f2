-- name: get_job_head(org_id, id: JobId)^ -> JobHead | None
-- What nearly everything about a job begins with; model.JobHead.
SELECT org_id, id, nullif(user_id, 0) AS user_id, kind, job_type, lane, name, state, is_paused,
    sender, content, options, timezone, cutoff_at, expires_at, closing_reason
FROM jobs WHERE org_id = :org_id AND id = :id;

-- == accepting ==

-- name: add_job(org_id, id: JobId, user_id, kind, job_type, channel, lane, name, state, sender,
--     content, options, list_ids, is_deduped, timezone, now, scheduled_local,
--     scheduled_at: int | None)!
INSERT INTO jobs (org_id, id, user_id, kind, job_type, channel, lane, name, state, sender, content,
    options, list_ids, is_deduped, timezone, accepted_at, scheduled_local, scheduled_at,
    due_at)
VALUES (:org_id, :id, :user_id, :kind, :job_type, :channel, :lane, :name, :state, :sender, :content,
    :options, :list_ids, :is_deduped, :timezone, :now, :scheduled_local, :scheduled_at,
    NULL);

-- name: get_staged(org_id, id: JobId)^ -> (channel: str, is_deduped: int)
SELECT channel, is_deduped FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: count_added(org_id, id: JobId, added: int, reserved: int)!
UPDATE jobs SET total = total + :added, open = open + :added,
    reserved_micros = reserved_micros + :reserved
WHERE org_id = :org_id AND id = :id;

-- name: get_schedule(org_id, id: JobId)^
--     -> (scheduled_at: int | None, list_ids: str, user_id: UserId)
SELECT scheduled_at, list_ids, user_id FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: schedule_job(org_id, id: JobId, due_at)!
UPDATE jobs SET state = 'scheduled', due_at = :due_at WHERE org_id = :org_id AND id = :id;

-- name: get_start_facts(org_id, id: JobId)^
--     -> (timezone: str, options: str, lane: str, job_type: str, accepted_at: int,
--         scheduled_at: int | None)
SELECT timezone, options, lane, job_type, accepted_at, scheduled_at FROM jobs
WHERE org_id = :org_id AND id = :id;

-- name: start_job(org_id, id: JobId, now, cutoff_at: int | None, expires_at: int | None)!
UPDATE jobs SET state = 'sending', started_at = coalesce(started_at, :now),
    ready_at = CASE WHEN is_paused = 1 THEN NULL ELSE CAST(:now AS BIGINT) END,
    cutoff_at = CAST(:cutoff_at AS BIGINT), expires_at = CAST(:expires_at AS BIGINT),
    due_at = coalesce(CAST(:cutoff_at AS BIGINT), CAST(:expires_at AS BIGINT))
WHERE org_id = :org_id AND id = :id;

-- == controlling ==

-- name: pause_job(org_id, id: JobId)!
UPDATE jobs SET is_paused = 1, ready_at = NULL WHERE org_id = :org_id AND id = :id;

-- name: list_running(after: JobId, limit) -> (id: JobId, org_id: OrgId)
-- crosses organizations: a restored installation holds the jobs of all of them.
SELECT id, org_id FROM jobs
WHERE id > :after AND is_paused = 0 AND state NOT IN ('complete', 'closed')
ORDER BY id LIMIT :limit;

-- name: resume_job(org_id, id: JobId, now)!
UPDATE jobs SET is_paused = 0,
    ready_at = CASE WHEN state IN ('sending', 'closing') THEN CAST(:now AS BIGINT) END
WHERE org_id = :org_id AND id = :id;

-- name: begin_closing(org_id, id: JobId, reason, now)$ -> int | None
UPDATE jobs SET state = 'closing', is_paused = 0, closing_reason = :reason, ready_at = :now,
    started_at = coalesce(started_at, :now), due_at = CAST(expires_at AS BIGINT),
    approval = CASE approval WHEN 'waiting' THEN 'refused' ELSE approval END
WHERE org_id = :org_id AND id = :id AND state IN ('scheduled', 'listing', 'sending')
RETURNING open;

-- == delivering ==

-- name: next_due(org_id, job_id)$ -> int | None
SELECT min(due_at) FROM recipients
WHERE org_id = :org_id AND job_id = :job_id AND due_at IS NOT NULL;

-- name: release_recipient(org_id, id: RecipientId, now, notes) -> (job_id: JobId, lane: str | None)
-- `notes` are for somebody whose worker was lost.
UPDATE recipients SET due_at = :now,
    notes = CASE WHEN is_repeated = 1 THEN :notes ELSE notes END
WHERE org_id = :org_id AND id = :id AND state = 'waiting' AND due_at IS NULL
RETURNING job_id, (SELECT lane FROM jobs j WHERE j.org_id = :org_id AND j.id = recipients.job_id);

-- name: set_ready(org_id, id: JobId, ready_at: int | None)!
UPDATE jobs SET ready_at = CAST(:ready_at AS BIGINT)
WHERE org_id = :org_id AND id = :id AND is_paused = 0;

-- name: hasten(org_id, id: JobId, ready_at)!
UPDATE jobs SET ready_at = CASE WHEN ready_at < :ready_at THEN ready_at
    ELSE CAST(:ready_at AS BIGINT) END
WHERE org_id = :org_id AND id = :id AND is_paused = 0 AND state IN ('sending', 'closing');

-- == ending ==

-- name: count_ended(org_id, id: JobId, ended: int, sent: int, unsent: int, cost: int)^
--     -> (kind: str, state: str, open: int, unsent: int)
UPDATE jobs SET open = open - :ended, sent = sent + :sent, failed = failed + (:ended - :sent),
    unsent = unsent + :unsent, cost_micros = cost_micros + :cost
WHERE org_id = :org_id AND id = :id
RETURNING kind, state, open, unsent;

-- name: end_job(org_id, id: JobId, state, now)!
-- A job that takes replies still waits for the end of their time. None ends before it began, even
-- if the clock was set back.
UPDATE jobs SET state = :state, ready_at = NULL,
    completed_at = CASE WHEN started_at > :now THEN started_at ELSE CAST(:now AS BIGINT) END,
    due_at = CASE WHEN expires_at > :now THEN expires_at END
WHERE org_id = :org_id AND id = :id;

-- name: count_bounced(org_id, id: JobId, bounced: int, cost: int)$ -> str
UPDATE jobs SET sent = sent - :bounced, failed = failed + :bounced,
    cost_micros = cost_micros - :cost
WHERE org_id = :org_id AND id = :id RETURNING state;

-- name: count_corrected(org_id, id: JobId, sent: int, cost: int)$ -> str
UPDATE jobs SET sent = sent + :sent, failed = failed - :sent, cost_micros = cost_micros + :cost
WHERE org_id = :org_id AND id = :id RETURNING state;

-- == files ==

-- name: has_file(org_id, digest)$ -> int | None
SELECT 1 FROM files WHERE org_id = :org_id AND digest = :digest;

-- name: get_file_quota(org_id)$ -> int | None
SELECT file_quota_bytes FROM organizations WHERE org_id = :org_id;

-- name: count_file_bytes(org_id)$ -> int
-- With captions, which are files in a table of their own.
SELECT CAST((SELECT coalesce(sum(size), 0) FROM files WHERE org_id = :org_id)
    + (SELECT coalesce(sum(size), 0) FROM captions WHERE org_id = :org_id) AS BIGINT);

-- name: add_piece(org_id, digest, number: int, content: bytes, now)!
INSERT INTO file_pieces (org_id, digest, number, content, created_at)
VALUES (:org_id, :digest, :number, :content, :now)
ON CONFLICT (org_id, digest, number) DO NOTHING;

-- name: add_file(org_id, digest, size: int, now)!
INSERT INTO files (org_id, digest, size, created_at) VALUES (:org_id, :digest, :size, :now)
ON CONFLICT (org_id, digest) DO NOTHING;

-- name: add_job_file(org_id, job_id, number, name, content_type, digest, source_url, delete_at)*!
INSERT INTO job_files (org_id, job_id, number, name, content_type, digest, source_url, delete_at)
VALUES (:org_id, :job_id, :number, :name, :content_type, :digest, :source_url, :delete_at);

-- name: list_outdated_files(now, limit) -> (org_id: OrgId, job_id: JobId, number: int, digest: str)
-- crosses organizations: files are deleted for all of them when their time is over.
SELECT org_id, job_id, number, digest FROM job_files
WHERE delete_at IS NOT NULL AND delete_at <= :now ORDER BY delete_at LIMIT :limit;

-- name: forget_job_file(org_id, job_id, number: int)!
DELETE FROM job_files WHERE org_id = :org_id AND job_id = :job_id AND number = :number;

-- name: is_file_needed(org_id, digest)$ -> int | None
-- A job's, or a picture's.
SELECT 1 WHERE EXISTS (SELECT 1 FROM job_files j WHERE j.org_id = :org_id AND j.digest = :digest)
    OR EXISTS (SELECT 1 FROM pictures p WHERE p.org_id = :org_id AND p.digest = :digest)
    OR EXISTS (SELECT 1 FROM pictures s WHERE s.org_id = :org_id AND s.small_digest = :digest);

-- name: add_picture(org_id, digest, small_digest, width: int, height: int, now)!
INSERT INTO pictures (org_id, digest, small_digest, width, height, created_at)
VALUES (:org_id, :digest, :small_digest, :width, :height, :now)
ON CONFLICT (org_id, digest) DO NOTHING;

-- name: keep_known_picture(org_id, digest)!
UPDATE pictures SET unused_at = NULL WHERE org_id = :org_id AND digest = :digest;

-- name: list_unchecked_pictures(before: int, limit)
--     -> (org_id: OrgId, digest: str, small_digest: str, unused_at: int | None)
-- crosses organizations: unused pictures are deleted for all of them.
SELECT org_id, digest, small_digest, unused_at FROM pictures
WHERE checked_at < :before ORDER BY checked_at LIMIT :limit;

-- name: is_picture_shown(org_id, digest)$ -> int | None
-- Covers, photos, logos, and texts that name it.
SELECT 1 WHERE EXISTS (SELECT 1 FROM events e WHERE e.org_id = :org_id
        AND (e.cover = :digest OR replace(e.details, :digest, '') <> e.details))
    OR EXISTS (SELECT 1 FROM speakers s WHERE s.org_id = :org_id
        AND (s.picture = :digest OR replace(s.description, :digest, '') <> s.description))
    OR EXISTS (SELECT 1 FROM sessions t WHERE t.org_id = :org_id
        AND replace(t.description, :digest, '') <> t.description)
    OR EXISTS (SELECT 1 FROM organizations o WHERE o.org_id = :org_id
        AND replace(o.profile, :digest, '') <> o.profile);

-- name: note_picture(org_id, digest, now, unused_at: int | None)!
UPDATE pictures SET checked_at = :now, unused_at = CAST(:unused_at AS BIGINT)
WHERE org_id = :org_id AND digest = :digest;

-- name: delete_picture(org_id, digest)!
DELETE FROM pictures WHERE org_id = :org_id AND digest = :digest;

-- name: find_picture(org_id, digest)^ -> pictures.KeptPicture | None
SELECT digest, small_digest FROM pictures WHERE org_id = :org_id AND digest = :digest;

-- name: delete_file(org_id, digest)!
DELETE FROM files WHERE org_id = :org_id AND digest = :digest;

-- name: delete_pieces(org_id, digest)!
DELETE FROM file_pieces WHERE org_id = :org_id AND digest = :digest;

-- name: list_pieces(org_id, digest) -> (content: bytes)
SELECT content FROM file_pieces WHERE org_id = :org_id AND digest = :digest ORDER BY number;

-- == listing ==

-- name: list_jobs_of_user(org_id, user_id, name, job_type, progress, since, until, limit, skip)
--     -> listing.JobSummary
SELECT j.org_id, j.id, j.user_id, u.user_code, j.job_type, j.name,
    CASE WHEN j.state IN ('complete', 'closed') THEN j.state ELSE 'open' END AS progress,
    j.accepted_at, j.scheduled_at, j.started_at, j.completed_at, j.total, j.sent, j.failed,
    j.cost_micros
FROM jobs j
JOIN users u ON u.org_id = j.org_id AND u.id = j.user_id
WHERE j.org_id = :org_id AND j.user_id = :user_id
    AND j.kind = 'broadcast' AND j.state <> 'staging'
    AND (:name = '' OR j.name = :name) AND (:job_type = '' OR j.job_type = :job_type)
    AND (:progress = ''
        OR :progress = CASE WHEN j.state IN ('complete', 'closed') THEN j.state ELSE 'open' END)
    AND j.accepted_at >= :since AND j.accepted_at < :until
ORDER BY j.id DESC LIMIT :limit OFFSET :skip;

-- name: count_jobs_of_user(org_id, user_id, name, job_type, progress, since, until)$ -> int
SELECT count(*)
FROM jobs j
WHERE j.org_id = :org_id AND j.user_id = :user_id
    AND j.kind = 'broadcast' AND j.state <> 'staging'
    AND (:name = '' OR j.name = :name) AND (:job_type = '' OR j.job_type = :job_type)
    AND (:progress = ''
        OR :progress = CASE WHEN j.state IN ('complete', 'closed') THEN j.state ELSE 'open' END)
    AND j.accepted_at >= :since AND j.accepted_at < :until;

-- name: find_visible_job(id: JobId, distributor_id, sees_all, agent_id, own_org_id: OrgId)^
--     -> (summary: listing.JobSummary, is_deduped: int, list_ids: str, sender: str,
--         content: str, options: str, approval: str) | None
-- crosses organizations: an Admin sees its distributor's jobs, an Agent those linked to it.
SELECT j.org_id, j.id, j.user_id, u.user_code, j.job_type, j.name,
    CASE WHEN j.state IN ('complete', 'closed') THEN j.state ELSE 'open' END AS progress,
    j.accepted_at, j.scheduled_at, j.started_at, j.completed_at, j.total, j.sent, j.failed,
    j.cost_micros, j.is_deduped, j.list_ids, j.sender, j.content, j.options, j.approval
FROM jobs j
JOIN organizations o ON o.org_id = j.org_id
JOIN users u ON u.org_id = j.org_id AND u.id = j.user_id
WHERE j.id = :id AND j.kind = 'broadcast' AND j.state <> 'staging' AND
    o.distributor_id = :distributor_id
    AND (:sees_all = 1 OR o.agent_id = :agent_id OR j.org_id = :own_org_id);

-- name: list_job_ties(org_id, first: JobId, last: JobId)
--     -> (id: JobId, user_id: UserId, list_ids: str, options: str)
-- The options of those alone that may name an event.
SELECT id, user_id, list_ids,
    CASE replace(options, '"event":"', '') WHEN options THEN '{}' ELSE options END AS options
FROM jobs WHERE org_id = :org_id AND id BETWEEN :first AND :last AND kind = 'broadcast'
ORDER BY id;

-- name: has_closed_events(agent_id: AgentId)$ -> int | None
-- crosses organizations: an Agent sees the jobs of those linked to it.
SELECT 1 FROM limited_events l JOIN organizations o ON o.org_id = l.org_id
WHERE o.agent_id = :agent_id LIMIT 1;

-- name: sum_recipients(org_id, job_id)^ -> (parts: int, duration_s: int)
SELECT CAST(coalesce(sum(parts), 0) AS BIGINT), CAST(coalesce(sum(duration_s), 0) AS BIGINT)
FROM recipients WHERE org_id = :org_id AND job_id = :job_id AND status = 'SENT';

-- name: list_asked(org_id, job_id) -> (destination: str, reference: str, name: str, fields: str)
SELECT destination, reference, name, fields
FROM recipients WHERE org_id = :org_id AND job_id = :job_id ORDER BY id;

-- name: list_reports(org_id, job_id) -> listing.Report
SELECT id, reference, name, destination, status, stage, notes, parts, duration_s, cost_micros,
    sent_at
FROM recipients WHERE org_id = :org_id AND job_id = :job_id ORDER BY id;

-- name: has_job_named(org_id, user_id, name)$ -> int | None
-- Reads all jobs of the organization; the demo asks.
SELECT 1 FROM jobs WHERE org_id = :org_id AND user_id = :user_id AND name = :name LIMIT 1;

-- name: list_job_lines(org_id, first: int, last: int, is_open, limit) -> overview.JobLine
SELECT j.id, u.user_code, j.job_type, j.name, j.state, j.is_paused, j.accepted_at, j.total, j.open,
    j.sent, j.failed, j.cost_micros, j.approval
FROM jobs j JOIN users u ON u.org_id = j.org_id AND u.id = j.user_id
WHERE j.org_id = :org_id AND j.kind = 'broadcast' AND j.state <> 'staging'
    AND j.id BETWEEN :first AND :last AND (:is_open = 0 OR j.completed_at IS NULL)
ORDER BY j.id DESC LIMIT :limit;

-- name: browse_jobs(org_id, first: int, last: int, text: str, channel: str, stage: str,
--     purpose: str, service: str, event: int, whole: str, part: str, answered: str, marked: str,
--     limit) -> browsing.BrowsedJob
--- Empty and 0 = any; the last texts are patterns of what belongs to the event, and is service.
SELECT j.id, u.user_code, j.job_type, j.name, j.state, j.is_paused, j.accepted_at, j.scheduled_at,
    j.started_at, j.completed_at, j.total, j.open, j.sent, j.failed, j.cost_micros,
    j.reserved_micros, j.approval, j.sender, j.content, j.options, j.list_ids, j.timezone,
    j.closing_reason
FROM jobs j JOIN users u ON u.org_id = j.org_id AND u.id = j.user_id
WHERE j.org_id = :org_id AND j.kind = 'broadcast' AND j.state <> 'staging'
    AND j.id BETWEEN :first AND :last
    AND (:text = '' OR replace(lower(j.name), :text, '') <> lower(j.name))
    AND (:channel = '' OR j.channel = :channel)
    AND (:purpose = '' OR (:purpose = 'service') = (j.options LIKE :service))
    AND (:event = 0 OR j.list_ids LIKE :whole OR j.list_ids LIKE :part OR j.list_ids LIKE :answered
        OR j.options LIKE :marked)
    AND (:stage = ''
        OR :stage = 'ended' AND j.completed_at IS NOT NULL
        OR :stage = 'paused' AND j.completed_at IS NULL AND j.is_paused = 1
        OR j.completed_at IS NULL AND j.is_paused = 0 AND (
            :stage = 'approval' AND j.approval = 'waiting'
            OR :stage = 'waiting' AND j.approval <> 'waiting'
                AND j.state IN ('scheduled', 'listing')
            OR :stage = 'sending' AND j.approval <> 'waiting'
                AND j.state IN ('sending', 'closing')))
ORDER BY j.id DESC LIMIT :limit;

-- name: browse_recipients(org_id, job_id, status: str, text: str, after: RecipientId, limit)
--     -> browsing.BrowsedRecipient
SELECT id, name, destination, reference, state, status, notes, parts, cost_micros, sent_at, done_at
FROM recipients
WHERE org_id = :org_id AND job_id = :job_id AND id > :after
    AND (:status = '' OR status = :status)
    AND (:text = '' OR replace(lower(name), :text, '') <> lower(name)
        OR replace(lower(destination), :text, '') <> lower(destination)
        OR replace(lower(reference), :text, '') <> lower(reference))
ORDER BY id LIMIT :limit;

-- name: find_waiting(now)^ -> overview.WaitingJob | None
-- crosses organizations: workers send for all of them.
SELECT id AS job_id, ready_at AS since FROM jobs
WHERE lane IN ('urgent', 'email', 'sms', 'mms', 'tts', 'voice', 'fax') AND ready_at <= :now
ORDER BY ready_at LIMIT 1;

-- name: count_misconfigured()^ -> overview.Misconfigured | None
-- crosses organizations: carriers are those of the installation. Reads all who wait, once.
SELECT count(*) OVER () AS messages, r.job_id, a.reason FROM jobs j
JOIN recipients r ON r.org_id = j.org_id AND r.job_id = j.id
    AND r.due_at IS NOT NULL AND r.state IN ('waiting', 'claimed')
JOIN attempts a ON a.org_id = r.org_id AND a.job_id = r.job_id AND a.recipient_id = r.id
    AND a.number = r.attempts + CASE r.state WHEN 'waiting' THEN 1 ELSE 0 END
    AND a.outcome = 'misconfigured'
WHERE j.lane IN ('urgent', 'email', 'sms', 'mms', 'tts', 'voice', 'fax') AND j.ready_at IS NOT NULL
ORDER BY r.job_id, r.id LIMIT 1;

-- name: count_fates(org_id, job_id) -> overview.Fate
SELECT state, status, count(*) AS recipients, max(notes) AS example FROM recipients
WHERE org_id = :org_id AND job_id = :job_id GROUP BY state, status ORDER BY 3 DESC, 1, 2;

-- name: find_next(org_id, job_id)^ -> (address: str, timezone: str, channel: str) | None
-- Who comes next of a job that is being sent.
SELECT r.address, j.timezone, j.channel FROM jobs j
JOIN recipients r ON r.org_id = j.org_id AND r.job_id = j.id
    AND r.due_at IS NOT NULL AND r.state = 'waiting'
WHERE j.org_id = :org_id AND j.id = :job_id AND j.kind = 'broadcast' AND j.state = 'sending'
    AND j.is_paused = 0
ORDER BY r.due_at, r.id LIMIT 1;

-- name: list_with_status(org_id, job_id, status, limit) -> overview.Outcome
SELECT destination, name, reference, notes FROM recipients
WHERE org_id = :org_id AND job_id = :job_id AND status = :status ORDER BY id LIMIT :limit;

-- name: list_first_reports(org_id, job_id, limit) -> listing.Report
SELECT id, reference, name, destination, status, stage, notes, parts, duration_s, cost_micros,
    sent_at
FROM recipients WHERE org_id = :org_id AND job_id = :job_id ORDER BY id LIMIT :limit;

-- name: get_totals(org_id, id: JobId)^
--     -> (started_at: int | None, completed_at: int | None, total: int, sent: int, failed: int,
--         cost_micros: int, timezone: str)
SELECT started_at, completed_at, total, sent, failed, cost_micros, timezone
FROM jobs WHERE org_id = :org_id AND id = :id;

-- == alerts ==

-- name: forget_alerts(before)!
-- crosses organizations: a worker sweeps for all of them.
DELETE FROM alerts WHERE raised_at < :before;

-- name: add_alert(org_id, kind, subject, facts, now, before)!
INSERT INTO alerts (org_id, kind, subject, facts, raised_at)
VALUES (:org_id, :kind, :subject, :facts, :now)
ON CONFLICT (org_id, kind, subject) DO UPDATE
SET facts = excluded.facts, raised_at = excluded.raised_at WHERE alerts.raised_at <= :before;

-- name: list_alerts(org_id, limit) -> (kind: str, subject: str, facts: str, at: int)
SELECT kind, subject, facts, raised_at AS at FROM alerts WHERE org_id = :org_id
ORDER BY raised_at DESC, kind, subject LIMIT :limit;

-- name: list_failing_jobs(since: int, percent: int, limit)
--     -> (org_id: OrgId, id: JobId, failed: int, ended: int)
-- crosses organizations: a worker looks for all of them.
SELECT org_id, id, failed, sent + failed AS ended FROM jobs
WHERE accepted_at > :since AND kind = 'broadcast' AND failed >= 20 AND channel = 'email'
    AND failed * 5 > failed_seen * 6 AND failed * 100 >= (sent + failed) * :percent
ORDER BY accepted_at, org_id, id LIMIT :limit;

-- name: count_all_bounced(org_id, job_id)$ -> int
SELECT count(*) FROM recipients
WHERE org_id = :org_id AND job_id = :job_id AND status = 'BOUN';

-- name: note_failed(org_id, id: JobId, failed: int)!
UPDATE jobs SET failed_seen = :failed WHERE org_id = :org_id AND id = :id;

-- name: count_leaving(since: int, least: int, limit) -> (org_id: OrgId, leaving: int)
-- crosses organizations: a worker looks for all of them. Opt-outs that people said themselves.
SELECT org_id, count(*) AS leaving FROM opt_outs
WHERE created_at > :since AND source IN ('link', 'reply')
GROUP BY org_id HAVING count(*) >= :least ORDER BY org_id LIMIT :limit;

-- name: count_arrived(org_id, since: int)$ -> int | None
SELECT CAST(sum(sent) AS BIGINT) FROM jobs
WHERE org_id = :org_id AND accepted_at > :since AND kind = 'broadcast';

-- name: list_standing_jobs(before, limit)
--     -> (org_id: OrgId, id: JobId, started_at: int, ready_at: int)
-- crosses organizations: a worker looks for all of them.
SELECT org_id, id, started_at, ready_at FROM jobs
WHERE ready_at IS NOT NULL AND state = 'sending' AND started_at <= :before AND open = total
    AND total > 0
ORDER BY started_at, org_id, id LIMIT :limit;

-- name: find_first_recipient(org_id, job_id)^ -> (state: str, attempts: int) | None
SELECT state, attempts FROM recipients
WHERE org_id = :org_id AND job_id = :job_id ORDER BY id LIMIT 1;

-- name: count_failing_callbacks(least: int, limit) -> (org_id: OrgId, host: str, waiting: int)
-- crosses organizations: a worker looks for all of them.
SELECT org_id, host, count(*) AS waiting FROM callbacks
WHERE due_at IS NOT NULL AND attempts >= 3
GROUP BY org_id, host HAVING count(*) >= :least ORDER BY org_id, host LIMIT :limit;

-- == digests ==

-- name: add_single_report(org_id, user_id, due_at, job_id)!
INSERT INTO single_reports (org_id, user_id, due_at, job_id)
VALUES (:org_id, :user_id, :due_at, :job_id)
ON CONFLICT (org_id, user_id, due_at, job_id) DO NOTHING;

-- name: find_due_digest(now)^ -> digests.Digest | None
-- crosses organizations: a worker sends the reports of all.
SELECT org_id, user_id, due_at FROM single_reports WHERE due_at <= :now
ORDER BY due_at, org_id, user_id LIMIT 1;

-- name: take_single_reports(org_id, user_id, due_at, limit) -> (job_id: JobId)
-- Of two nodes, the one that comes second waits for the rows, and then takes none.
DELETE FROM single_reports
WHERE org_id = :org_id AND user_id = :user_id AND due_at = :due_at AND job_id IN (
    SELECT job_id FROM single_reports
    WHERE org_id = :org_id AND user_id = :user_id AND due_at = :due_at
    ORDER BY job_id LIMIT :limit)
RETURNING job_id;

-- == prices ==

-- name: ensure_spending(org_id, user_id, month)!
INSERT INTO spending (org_id, user_id, month, spent_micros) VALUES (:org_id, :user_id, :month, 0)
ON CONFLICT (org_id, user_id, month) DO NOTHING;

-- name: reserve(org_id, user_id, month, amount: int, limit)$ -> int | None
-- `limit` -1 = no limit. The guard and the count are one statement; it tells whether the
-- organization pays beforehand, so that nothing more is asked for others.
UPDATE spending SET spent_micros = spent_micros + :amount
WHERE org_id = :org_id AND user_id = :user_id AND month = :month
    AND (:limit < 0 OR spent_micros + :amount <= :limit)
RETURNING (SELECT count(*) FROM credit WHERE credit.org_id = :org_id) AS is_prepaid;

-- name: find_spent(org_id, user_id, month)$ -> int | None
SELECT spent_micros FROM spending
WHERE org_id = :org_id AND user_id = :user_id AND month = :month;

-- name: ensure_call_hour(org_id, hour: int)$ -> int | None
INSERT INTO call_hours (org_id, hour) VALUES (:org_id, :hour)
ON CONFLICT (org_id, hour) DO NOTHING RETURNING hour;

-- name: lock_call_hour(org_id, hour: int)$ -> int
-- What was counted; others that count in the hour wait until this transaction ends.
UPDATE call_hours SET micros = micros WHERE org_id = :org_id AND hour = :hour RETURNING micros;

-- name: add_to_call_hour(org_id, hour: int, amount: int)!
-- What is given back may have been counted in the hour before.
UPDATE call_hours SET micros = CASE WHEN micros + :amount < 0 THEN 0 ELSE micros + :amount END
WHERE org_id = :org_id AND hour = :hour;

-- name: sum_waiting_codes(org_id)$ -> int
-- What the calls with codes cost that no worker has had yet, so that no hour has counted them.
-- Job by job: who waits may be a million, of a broadcast.
SELECT CAST(coalesce(sum((SELECT sum(r.quote_micros) FROM recipients r
    WHERE r.org_id = j.org_id AND r.job_id = j.id AND r.due_at IS NOT NULL AND r.state = 'waiting'
)), 0) AS BIGINT) FROM jobs j
WHERE j.org_id = :org_id AND j.lane = 'urgent' AND j.ready_at IS NOT NULL AND j.kind = 'code'
    AND j.channel IN ('tts', 'voice', 'fax');

-- name: stop_call_hour(org_id, hour: int, now)!
UPDATE call_hours SET stopped_at = :now
WHERE org_id = :org_id AND hour = :hour AND stopped_at IS NULL;

-- name: forget_call_hours(org_id, before)!
DELETE FROM call_hours WHERE org_id = :org_id AND hour < :before;

-- name: list_unwanted_calls(carrier: str, after: RecipientId, limit) -> (id: RecipientId)
-- crosses organizations: an account carries the calls of all of them.
SELECT r.id FROM jobs j JOIN recipients r ON r.org_id = j.org_id AND r.job_id = j.id
WHERE j.lane IN ('tts', 'voice', 'fax') AND j.ready_at IS NOT NULL AND j.state = 'closing'
    AND r.state = 'accepted' AND r.carrier = :carrier AND r.id > :after
ORDER BY r.id LIMIT :limit;

-- name: find_job_state(org_id, id: JobId)$ -> str | None
SELECT state FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: begin_dialling(org_id, id: RecipientId, account, ends_at)$ -> int | None
INSERT INTO dialled_calls (org_id, id, account, ends_at) VALUES (:org_id, :id, :account, :ends_at)
ON CONFLICT (org_id, id) DO NOTHING RETURNING id;

-- name: forget_dialling(org_id, id: RecipientId)!
DELETE FROM dialled_calls WHERE org_id = :org_id AND id = :id;

-- name: vouch_for_dialling(org_id, id: RecipientId, ends_at)*!
UPDATE dialled_calls SET ends_at = :ends_at WHERE org_id = :org_id AND id = :id;

-- name: has_ended(org_id, job_id, id: RecipientId)$ -> int | None
SELECT 1 FROM recipients
WHERE org_id = :org_id AND job_id = :job_id AND id = :id AND state = 'done';

-- name: list_dialled(now, limit) -> (org_id: OrgId, id: RecipientId, account: str)
-- crosses organizations: a process carries the calls of all of them. Few have not ended.
SELECT org_id, id, account FROM dialled_calls WHERE ends_at <= :now
ORDER BY ends_at, org_id, id LIMIT :limit;

-- name: list_stopped_calls(hour: int) -> (slug: str)
-- crosses organizations: an operator looks for all of them.
SELECT o.slug FROM call_hours c JOIN organizations o ON o.org_id = c.org_id
WHERE c.hour = :hour AND c.stopped_at IS NOT NULL ORDER BY o.slug;

-- name: ensure_credit(org_id)!
INSERT INTO credit (org_id, balance_micros) VALUES (:org_id, 0) ON CONFLICT (org_id) DO NOTHING;

-- name: change_credit(org_id, amount: int, limit)!
-- The guard and the change are one statement. What comes back makes an alert possible again, and
-- is taken even where the balance stays below zero.
UPDATE credit SET balance_micros = balance_micros + :amount,
    alerted_at = CASE WHEN balance_micros + :amount >= alert_micros THEN NULL ELSE alerted_at END
WHERE org_id = :org_id AND (balance_micros + :amount >= 0 OR :amount > 0)
    AND balance_micros + :amount < :limit;

-- name: charge_credit(org_id, amount: int)!
UPDATE credit SET balance_micros = balance_micros + :amount,
    alerted_at = CASE WHEN balance_micros + :amount >= alert_micros THEN NULL ELSE alerted_at END
WHERE org_id = :org_id;

-- name: mark_credit_alerted(org_id, now)$ -> int | None
UPDATE credit SET alerted_at = :now
WHERE org_id = :org_id AND alerted_at IS NULL AND balance_micros < alert_micros
RETURNING balance_micros;

-- name: set_credit_alert(org_id, micros: int | None)!
UPDATE credit SET alert_micros = CAST(:micros AS BIGINT), alerted_at = NULL WHERE org_id = :org_id;

-- name: find_credit(org_id)^ -> credit.Credit | None
SELECT balance_micros, alert_micros FROM credit WHERE org_id = :org_id;

-- name: delete_credit(org_id)!
DELETE FROM credit WHERE org_id = :org_id;

-- name: add_credit_entry(org_id, amount: int, note, actor: str, now)!
INSERT INTO credit_entries (org_id, number, amount_micros, note, actor, at)
SELECT :org_id, coalesce(max(number), 0) + 1, :amount, :note, :actor, :now
FROM credit_entries WHERE org_id = :org_id;

-- name: list_credit_entries(org_id, limit) -> credit.CreditEntry
SELECT at, amount_micros, note, actor FROM credit_entries WHERE org_id = :org_id
ORDER BY number DESC LIMIT :limit;

-- name: mark_alerted(org_id, user_id, month, least: int, now)$ -> int | None
UPDATE spending SET alerted_at = :now
WHERE org_id = :org_id AND user_id = :user_id AND month = :month
    AND alerted_at IS NULL AND spent_micros >= :least
RETURNING spent_micros;

-- name: get_job_cost(org_id, id: JobId)^
--     -> (user_id: UserId, accepted_at: int, timezone: str, reserved_micros: int, cost_micros: int)
SELECT user_id, accepted_at, timezone, reserved_micros, cost_micros
FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: set_reserved(org_id, id: JobId, reserved: int)!
UPDATE jobs SET reserved_micros = :reserved WHERE org_id = :org_id AND id = :id;

-- name: list_limits(org_id, month) -> limits.LimitRow
SELECT u.id AS user_id, u.user_code, u.name, u.profile, coalesce(s.spent_micros, 0) AS spent_micros
FROM users u LEFT JOIN spending s
    ON s.org_id = u.org_id AND s.user_id = u.id AND s.month = :month
WHERE u.org_id = :org_id AND u.disabled_at IS NULL
ORDER BY u.id LIMIT 1000;

-- name: list_usage(org_id, since, until) -> usage.Usage
WITH counted AS (
    SELECT j.user_id, j.channel, j.kind, j.total, j.sent, j.failed, j.cost_micros,
        (SELECT coalesce(sum(r.parts), 0) FROM recipients r
            WHERE r.org_id = j.org_id AND r.job_id = j.id AND r.status = 'SENT') AS parts
    FROM jobs j
    WHERE j.org_id = :org_id AND j.accepted_at >= :since AND j.accepted_at < :until
        AND j.kind IN ('broadcast', 'code') AND j.state <> 'staging' AND j.user_id <> 0)
SELECT u.user_code, c.channel, c.kind, count(*) AS jobs,
    CAST(sum(c.total) AS BIGINT) AS messages, CAST(sum(c.sent) AS BIGINT) AS sent,
    CAST(sum(c.failed) AS BIGINT) AS failed, CAST(sum(c.parts) AS BIGINT) AS parts,
    CAST(sum(c.cost_micros) AS BIGINT) AS cost_micros
FROM counted c JOIN users u ON u.org_id = :org_id AND u.id = c.user_id
GROUP BY u.user_code, c.channel, c.kind ORDER BY u.user_code, c.channel, c.kind;

-- == receiving ==

-- name: count_part(org_id, job_id, id: RecipientId)$ -> int | None
UPDATE recipients SET parts_left = parts_left - 1
WHERE org_id = :org_id AND job_id = :job_id AND id = :id AND parts_left > 0
RETURNING parts_left;

-- name: list_matching_reports(limit) -> (carrier: str, network_id: str)
-- crosses organizations: a network knows none of them.
SELECT e.carrier, e.network_id FROM early_reports e
JOIN network_ids n ON n.carrier = e.carrier AND n.network_id = e.network_id
WHERE n.shared_at IS NULL AND n.told_at IS NULL LIMIT :limit;

-- name: list_old_reports(before, limit) -> (carrier: str, network_id: str)
-- crosses organizations: nobody knows whose they are.
SELECT carrier, network_id FROM early_reports WHERE at < :before ORDER BY at LIMIT :limit;

-- name: delete_early_report(carrier, network_id)*!
-- crosses organizations: nobody knows whose it is.
DELETE FROM early_reports WHERE carrier = :carrier AND network_id = :network_id;

-- name: list_old_shared_ids(before, limit) -> (carrier: str, network_id: str)
-- crosses organizations: they lead to nobody.
SELECT carrier, network_id FROM network_ids WHERE shared_at IS NOT NULL AND shared_at < :before
ORDER BY shared_at LIMIT :limit;

-- name: delete_shared_id(carrier, network_id)*!
-- crosses organizations: it leads to nobody.
DELETE FROM network_ids
WHERE carrier = :carrier AND network_id = :network_id AND shared_at IS NOT NULL;

-- name: list_old_told_ids(before, limit) -> (carrier: str, network_id: str)
-- crosses organizations: their messages have ended.
SELECT carrier, network_id FROM network_ids WHERE told_at IS NOT NULL AND told_at < :before
ORDER BY told_at LIMIT :limit;

-- name: delete_told_id(carrier, network_id)*!
-- crosses organizations: its message has ended.
DELETE FROM network_ids
WHERE carrier = :carrier AND network_id = :network_id AND told_at IS NOT NULL;

-- name: note_reply_key(carrier, key, now) -> (key: str)
-- crosses organizations: nobody knows yet whose reply it is. Nothing for one that came already.
INSERT INTO reply_keys (carrier, key, at) VALUES (:carrier, :key, :now)
ON CONFLICT (carrier, key) DO NOTHING RETURNING key;

-- name: list_old_reply_keys(before, limit) -> (carrier: str, key: str)
-- crosses organizations: a key does not say whose it is.
SELECT carrier, key FROM reply_keys WHERE at < :before ORDER BY at LIMIT :limit;

-- name: delete_reply_key(carrier, key)*!
-- crosses organizations: a key does not say whose it is.
DELETE FROM reply_keys WHERE carrier = :carrier AND key = :key;

-- == lists ==

-- name: add_list(org_id, id: ListId, user_id, name, now)!
INSERT INTO user_lists (org_id, id, user_id, name, state, created_at)
VALUES (:org_id, :id, :user_id, :name, 'staging', :now);

-- name: finish_list(org_id, id: ListId, entries: int)!
UPDATE user_lists SET state = 'ready', entries = :entries WHERE org_id = :org_id AND id = :id;

-- name: list_lists(org_id) -> lists.UserList
SELECT id, user_id, name, entries, created_at FROM user_lists
WHERE org_id = :org_id AND id > 0 AND state = 'ready' ORDER BY id;

-- name: has_list(org_id, id: ListId)$ -> int | None
SELECT 1 FROM user_lists WHERE org_id = :org_id AND id = :id AND state = 'ready';

-- name: has_event(org_id, id: EventId)$ -> int | None
SELECT 1 FROM events WHERE org_id = :org_id AND id = :id;

-- name: delete_entries(org_id, list_id)!
DELETE FROM list_entries WHERE org_id = :org_id AND list_id = :list_id;

-- name: delete_list(org_id, id: ListId)!
DELETE FROM user_lists WHERE org_id = :org_id AND id = :id;

-- name: list_entries(org_id, list_id, after, limit)
--     -> (number: int, reference: str, recipient: str, email: str, fax: str, phone: str,
--         mobile: str, custom: str)
SELECT number, reference, recipient, email, fax, phone, mobile,
    custom_fields AS custom
FROM list_entries
WHERE org_id = :org_id AND list_id = :list_id AND number > :after ORDER BY number LIMIT :limit;

-- name: find_last_entry(org_id, list_id)$ -> int | None
SELECT max(number) FROM list_entries WHERE org_id = :org_id AND list_id = :list_id;

-- name: move_entries(org_id, list_id, into: ListId, offset: int)!
UPDATE list_entries SET list_id = :into, number = number + :offset
WHERE org_id = :org_id AND list_id = :list_id;

-- name: add_to_list(org_id, id: ListId, more: int)!
UPDATE user_lists SET entries = entries + :more WHERE org_id = :org_id AND id = :id;

-- name: rename_list(org_id, id: ListId, name)!
UPDATE user_lists SET name = :name WHERE org_id = :org_id AND id = :id;

-- name: set_entry(org_id, list_id, number: int, recipient, reference, email, fax, phone, mobile)!
UPDATE list_entries SET recipient = :recipient, reference = :reference, email = :email, fax = :fax,
    phone = :phone, mobile = :mobile
WHERE org_id = :org_id AND list_id = :list_id AND number = :number;

-- name: delete_entry(org_id, list_id, number: int)!
DELETE FROM list_entries WHERE org_id = :org_id AND list_id = :list_id AND number = :number;

-- name: list_uses(org_id, named: str, limit) -> (id: JobId, name: str, accepted_at: int)
SELECT id, name, accepted_at FROM jobs
WHERE org_id = :org_id AND id > 0 AND list_ids LIKE :named ORDER BY id DESC LIMIT :limit;

-- == opt_outs ==

-- name: add_opt_out(org_id, medium, address, source, job_id: JobId | None, now, is_read: int)!
INSERT INTO opt_outs (org_id, medium, address, source, job_id, created_at, is_read)
VALUES (:org_id, :medium, :address, :source, :job_id, :now, :is_read)
ON CONFLICT (org_id, medium, address) DO NOTHING;

-- name: take_over_opt_out(org_id, medium, address, source)!
-- One that a reply made, and that somebody else wants now: no reply takes it back any more.
UPDATE opt_outs SET source = :source
WHERE org_id = :org_id AND medium = :medium AND address = :address AND source = 'reply';

-- name: remove_opt_out(org_id, medium, address)!
DELETE FROM opt_outs WHERE org_id = :org_id AND medium = :medium AND address = :address;

-- name: list_unread_opt_outs(limit) -> old_numbers.OldOptOut
-- crosses organizations: the numbers of all of them are read.
SELECT org_id, medium, address, source, job_id, created_at FROM opt_outs
WHERE is_read IS NULL AND medium <> 'email' ORDER BY org_id, medium, address LIMIT :limit;

-- name: find_opt_out_age(org_id, medium, address)$ -> int | None
SELECT created_at FROM opt_outs
WHERE org_id = :org_id AND medium = :medium AND address = :address;

-- name: backdate_opt_out(org_id, medium, address, source, job_id: JobId | None, created_at, typed)!
UPDATE opt_outs SET source = :source, job_id = CAST(:job_id AS BIGINT), created_at = :created_at,
    typed = :typed
WHERE org_id = :org_id AND medium = :medium AND address = :address;

-- name: set_opt_out_number(org_id, medium, address, number, typed, is_read: int)!
UPDATE opt_outs SET address = :number, typed = :typed, is_read = :is_read
WHERE org_id = :org_id AND medium = :medium AND address = :address;

-- name: count_unreadable_opt_outs()$ -> int
-- crosses organizations: the operator is told of all of them.
SELECT count(*) FROM opt_outs WHERE is_read = 0;

-- name: list_unreadable_opt_outs(limit) -> (slug: str, medium: str, address: str)
-- crosses organizations: the operator is told of all of them.
SELECT o.slug, p.medium, p.address FROM opt_outs p JOIN organizations o ON o.org_id = p.org_id
WHERE p.is_read = 0 ORDER BY p.org_id, p.medium, p.address LIMIT :limit;

-- name: find_last_hashed(org_id, address)^ -> replies._Text | None
-- The last text to somebody whose address was emptied: `address` is its keyed hash.
SELECT r.org_id, r.job_id, r.id AS recipient_id, coalesce(r.sent_at, r.done_at) AS at
FROM recipients r JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id
WHERE r.org_id = :org_id AND r.address <> '' AND lower(r.address) = :address
    AND (r.sent_at IS NOT NULL OR r.status = 'SVRE') AND j.channel IN ('sms', 'mms')
    AND j.kind = 'broadcast'
ORDER BY coalesce(r.sent_at, r.done_at) DESC, r.id DESC LIMIT 1;

-- name: find_emptied_at(org_id, id: JobId)$ -> int | None
SELECT emptied_at FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: list_unread_conversations(limit) -> old_numbers.OldConversation
-- crosses organizations: numbers of the pool are shared.
SELECT number, address, org_id, at FROM conversations WHERE is_read IS NULL
ORDER BY number, address LIMIT :limit;

-- name: find_conversation_age(number, address)$ -> int | None
-- crosses organizations: numbers of the pool are shared.
SELECT at FROM conversations WHERE number = :number AND address = :address;

-- name: delete_conversation(number, address)!
-- crosses organizations: numbers of the pool are shared.
DELETE FROM conversations WHERE number = :number AND address = :address;

-- name: set_conversation_numbers(number, address, new_number, new_address, is_read: int)!
-- crosses organizations: numbers of the pool are shared.
UPDATE conversations SET number = :new_number, address = :new_address, is_read = :is_read
WHERE number = :number AND address = :address;

-- name: find_secret(name)$ -> str | None
-- crosses organizations: one secret of the installation.
SELECT secret FROM installation_secrets WHERE name = :name;

-- name: add_secret(name, secret, now)!
-- crosses organizations: one secret of the installation.
INSERT INTO installation_secrets (name, secret, created_at) VALUES (:name, :secret, :now)
ON CONFLICT (name) DO NOTHING;

-- name: list_opt_outs(org_id, after_medium: str, after_address: str, limit) -> opt_outs.OptOut
-- Those that follow, by medium and address.
SELECT medium, address, source, job_id, created_at FROM opt_outs
WHERE org_id = :org_id AND (medium, address) > (:after_medium, :after_address)
ORDER BY medium, address LIMIT :limit;

-- name: find_refusal(org_id, medium, address)^ -> opt_outs.OptOut | None
SELECT medium, address, source, job_id, created_at FROM opt_outs
WHERE org_id = :org_id AND medium = :medium AND address = :address;

-- name: find_link_target(id: RecipientId)^
--     -> (org_id: OrgId, name: str, channel: str, address: str) | None
-- crosses organizations: a link has the recipient's number alone.
SELECT p.org_id, o.name, j.channel, p.address FROM recipients p
JOIN jobs j ON j.org_id = p.org_id AND j.id = p.job_id
JOIN organizations o ON o.org_id = p.org_id
WHERE p.id = :id;

-- == suppression ==

-- name: add_suppression(org_id, address, reason, notes, job_id: JobId | None, now)!
INSERT INTO suppressions (org_id, address, reason, notes, job_id, created_at)
VALUES (:org_id, :address, :reason, :notes, CAST(:job_id AS BIGINT), :now)
ON CONFLICT (org_id, address) DO UPDATE SET reason = excluded.reason, notes = excluded.notes,
    job_id = excluded.job_id, created_at = excluded.created_at
WHERE excluded.reason = 'bounce' AND suppressions.reason <> 'bounce';

-- name: remove_suppression(org_id, address)!
DELETE FROM suppressions WHERE org_id = :org_id AND address = :address;

-- name: list_suppressions(org_id, limit) -> suppression.Suppression
SELECT address, reason, notes, job_id, created_at FROM suppressions
WHERE org_id = :org_id AND address > '' ORDER BY created_at DESC, address LIMIT :limit;

-- == replies ==

-- name: add_reply(org_id, id: ReplyId, job_id, recipient_id, sender, number, text, carrier,
--     now, is_late, is_opt_out)!
INSERT INTO replies (org_id, id, job_id, recipient_id, sender, number, text, carrier, received_at,
    is_late, is_opt_out)
VALUES (:org_id, :id, :job_id, :recipient_id, :sender, :number, :text, :carrier, :now, :is_late,
    :is_opt_out);

-- name: add_stray_reply(id: int, sender, number, text, carrier, now)!
-- crosses organizations: nobody knows whose it is.
INSERT INTO stray_replies (id, sender, number, text, carrier, received_at)
VALUES (:id, :sender, :number, :text, :carrier, :now);

-- name: get_reply(org_id, id: ReplyId)^
--     -> (sender: str, name: str, reference: str, text: str, received_at: int, is_opt_out: int)
SELECT r.sender, q.name, q.reference, r.text, r.received_at, r.is_opt_out
FROM replies r
JOIN recipients q ON q.org_id = r.org_id AND q.job_id = r.job_id AND q.id = r.recipient_id
WHERE r.org_id = :org_id AND r.id = :id;

-- name: list_replies(org_id, job_id, limit)
--     -> (sender: str, name: str, reference: str, text: str, received_at: int, is_opt_out: int)
-- Those that came in time, oldest first.
SELECT r.sender, q.name, q.reference, r.text, r.received_at, r.is_opt_out
FROM replies r
JOIN recipients q ON q.org_id = r.org_id AND q.job_id = r.job_id AND q.id = r.recipient_id
WHERE r.org_id = :org_id AND r.job_id = :job_id AND r.is_late = 0
ORDER BY r.id LIMIT :limit;

-- name: mark_forwarded(org_id, job_id, id: ReplyId, now)!
-- `id` 0 = all of the job.
UPDATE replies SET forwarded_at = :now
WHERE org_id = :org_id AND job_id = :job_id AND is_late = 0 AND forwarded_at IS NULL
    AND (:id = 0 OR id = :id);

-- == reading replies ==

-- name: assign_reply(org_id, id: ReplyId, user_id: UserId | None)!
UPDATE replies SET assigned_to = CAST(:user_id AS BIGINT) WHERE org_id = :org_id AND id = :id;

-- name: assign_stray(org_id, id: ReplyId, user_id: UserId | None)!
-- Takes one that is nobody's yet.
UPDATE stray_replies SET org_id = :org_id, assigned_to = CAST(:user_id AS BIGINT)
WHERE id = :id AND (org_id IS NULL OR org_id = :org_id);

-- name: list_strays(limit) -> reading_replies.Stray
-- crosses organizations: nobody knows whose they are.
SELECT id, sender, number, text, received_at FROM stray_replies
WHERE org_id IS NULL ORDER BY id DESC LIMIT :limit;

-- name: list_replies_of_job(org_id, job_id, limit) -> listing.JobReply
SELECT r.id, r.recipient_id, q.reference, q.name, r.sender, r.text, r.received_at
FROM replies r
JOIN recipients q ON q.org_id = r.org_id AND q.job_id = r.job_id AND q.id = r.recipient_id
WHERE r.org_id = :org_id AND r.job_id = :job_id ORDER BY r.id LIMIT :limit;

-- == approvals ==

-- name: get_hold_facts(org_id, id: JobId)^ -> (kind: str, total: int, approval: str)
SELECT kind, total, approval FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: hold_job(org_id, id: JobId)!
-- It is due never, until somebody approves it.
UPDATE jobs SET state = 'scheduled', approval = 'waiting', ready_at = NULL, due_at = NULL
WHERE org_id = :org_id AND id = :id;

-- name: get_approval(org_id, id: JobId)^
--     -> (approval: str, state: str, user_id: UserId, scheduled_at: int | None) | None
SELECT approval, state, user_id, scheduled_at FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: approve_job(org_id, id: JobId)!
UPDATE jobs SET approval = 'approved' WHERE org_id = :org_id AND id = :id;

-- == retrying ==

-- name: take_failed(org_id, job_id, new_id: JobId, is_wide, limit)
--     -> (id: RecipientId, reference: str, name: str, destination: str, fields: str)
-- Those whose messages certainly did not arrive, or `is_wide` may not have; each in one job only.
UPDATE recipients SET retried_in = :new_id
WHERE org_id = :org_id AND job_id = :job_id AND retried_in IS NULL AND id IN (
    SELECT id FROM recipients
    WHERE org_id = :org_id AND job_id = :job_id AND state = 'done' AND retried_in IS NULL
        AND destination <> '' AND substr(notes, 1, 9) <> 'Not sent:'
        AND (status IN ('FAIL', 'BUSY', 'NOAN', 'NOFX')
            OR (:is_wide = 1 AND status IN ('SVRE', 'EXPD')))
    ORDER BY id LIMIT :limit)
RETURNING id, reference, name, destination, fields;

-- name: find_retry(org_id, job_id, id: RecipientId)^
--     -> (job_id: JobId, id: RecipientId, state: str, status: str) | None
-- Who gets the message of a recipient again. Of several that are alike any is as good, so one that
-- was not sent to yet.
SELECT n.job_id, n.id, n.state, n.status FROM recipients o
JOIN recipients n ON n.org_id = o.org_id AND n.job_id = o.retried_in
    AND n.destination = o.destination AND n.reference = o.reference AND n.name = o.name
    AND n.fields = o.fields
WHERE o.org_id = :org_id AND o.job_id = :job_id AND o.id = :id
ORDER BY n.state <> 'waiting', n.state = 'done', n.id LIMIT 1;

-- name: claim_retry(org_id, job_id, id: RecipientId)$ -> int | None
UPDATE recipients SET state = 'claimed', claim = claim + 1
WHERE org_id = :org_id AND job_id = :job_id AND id = :id AND state = 'waiting'
RETURNING claim;

-- == consents ==

-- name: keep_consent_text(org_id, digest, text)!
INSERT INTO consent_texts (org_id, digest, text) VALUES (:org_id, :digest, :text)
ON CONFLICT (org_id, digest) DO NOTHING;

-- name: add_consent(org_id, medium, address, id: int, event_id: int, question_id: int,
--     version: int, digest, language, source, now)!
-- Nothing where the same text holds already.
INSERT INTO consents (org_id, medium, address, id, event_id, question_id, version, digest, language,
    source, given_at)
SELECT CAST(:org_id AS BIGINT), :medium, :address, CAST(:id AS BIGINT), CAST(:event_id AS BIGINT),
    CAST(:question_id AS BIGINT), CAST(:version AS BIGINT), :digest, :language, :source,
    CAST(:now AS BIGINT)
WHERE NOT EXISTS (SELECT 1 FROM consents c
    WHERE c.org_id = :org_id AND c.medium = :medium AND c.address = :address
        AND c.digest = :digest AND c.withdrawn_at IS NULL);

-- name: withdraw_consents(org_id, medium, address, now)!
UPDATE consents SET withdrawn_at = :now
WHERE org_id = :org_id AND medium = :medium AND address = :address AND withdrawn_at IS NULL;

-- name: list_consented_addresses(org_id, medium, after: str, limit) -> (address: str)
SELECT DISTINCT address FROM consents
WHERE org_id = :org_id AND medium = :medium AND address > :after ORDER BY address LIMIT :limit;

-- name: renew_consent(org_id, medium, address, id: int, now)!
-- The newest one again, where it was withdrawn.
INSERT INTO consents (org_id, medium, address, id, event_id, question_id, version, digest, language,
    source, given_at)
SELECT c.org_id, c.medium, c.address, CAST(:id AS BIGINT), c.event_id, c.question_id, c.version,
    c.digest, c.language, 'preferences', CAST(:now AS BIGINT)
FROM consents c WHERE c.org_id = :org_id AND c.medium = :medium AND c.address = :address
    AND NOT EXISTS (SELECT 1 FROM consents h WHERE h.org_id = :org_id AND h.medium = :medium
        AND h.address = :address AND h.withdrawn_at IS NULL)
ORDER BY c.given_at DESC, c.id DESC LIMIT 1;

-- name: hash_consent(org_id, medium, address, id: int, hashed, now)!
UPDATE consents SET address = :hashed, withdrawn_at = coalesce(withdrawn_at, :now)
WHERE org_id = :org_id AND medium = :medium AND address = :address AND id = :id;

-- name: list_consents(org_id, after_medium, after_address, after_id: int, limit)
--     -> consents.Consent
-- Those that follow, by medium, address and number.
SELECT c.id, c.medium, c.address, c.event_id, c.question_id, c.version, c.language, c.source,
    c.given_at, c.withdrawn_at, t.text
FROM consents c JOIN consent_texts t ON t.org_id = c.org_id AND t.digest = c.digest
WHERE c.org_id = :org_id
    AND (c.medium, c.address, c.id) > (:after_medium, :after_address, :after_id)
ORDER BY c.medium, c.address, c.id LIMIT :limit;

-- name: list_consents_of(org_id, medium, address) -> consents.Consent
SELECT c.id, c.medium, c.address, c.event_id, c.question_id, c.version, c.language, c.source,
    c.given_at, c.withdrawn_at, t.text
FROM consents c JOIN consent_texts t ON t.org_id = c.org_id AND t.digest = c.digest
WHERE c.org_id = :org_id AND c.medium = :medium AND c.address = :address ORDER BY c.id;

-- == dry runs ==

-- name: list_waiting(org_id, job_id, after: RecipientId, limit)
--     -> (id: RecipientId, reference: str, name: str, destination: str, fields: str)
SELECT id, reference, name, destination, fields FROM recipients
WHERE org_id = :org_id AND job_id = :job_id AND id > :after AND state = 'waiting'
ORDER BY id LIMIT :limit;

-- name: find_nth(org_id, job_id, skipped: int)^ -> (reference: str, name: str, fields: str) | None
SELECT reference, name, fields FROM recipients
WHERE org_id = :org_id AND job_id = :job_id ORDER BY id LIMIT 1 OFFSET :skipped;

-- == starting ==

-- name: set_job_due(org_id, id: JobId, due_at: int | None)!
UPDATE jobs SET due_at = CAST(:due_at AS BIGINT) WHERE org_id = :org_id AND id = :id;

-- name: get_lists(org_id, id: JobId)^ -> (list_ids: str, list_cursor: str)
SELECT list_ids, list_cursor FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: begin_listing(org_id, id: JobId, now)!
UPDATE jobs SET state = 'listing', due_at = :now WHERE org_id = :org_id AND id = :id;

-- name: set_cursor(org_id, id: JobId, cursor, now)!
UPDATE jobs SET list_cursor = :cursor, due_at = :now WHERE org_id = :org_id AND id = :id;

-- name: count_open(org_id, id: JobId)$ -> int | None
SELECT open FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: get_cutoff(org_id, id: JobId)$ -> int | None
SELECT cutoff_at FROM jobs WHERE org_id = :org_id AND id = :id;

-- name: clear_cutoff(org_id, id: JobId)!
UPDATE jobs SET cutoff_at = NULL WHERE org_id = :org_id AND id = :id;

-- name: list_stale_jobs(before, limit) -> (org_id: OrgId, id: JobId)
-- crosses organizations: what a crash left is swept for all of them.
SELECT org_id, id FROM jobs WHERE state = 'staging' AND accepted_at < :before LIMIT :limit;

-- name: list_stale_lists(before, limit) -> (org_id: OrgId, id: ListId)
-- crosses organizations: what an interrupted import left is swept for all of them.
SELECT org_id, id FROM user_lists WHERE state = 'staging' AND created_at < :before LIMIT :limit;

-- name: delete_staged(org_id, job_id, limit)!
DELETE FROM recipients WHERE org_id = :org_id AND job_id = :job_id AND id IN (
    SELECT id FROM recipients WHERE org_id = :org_id AND job_id = :job_id ORDER BY id LIMIT :limit);

-- name: delete_job(org_id, id: JobId)!
DELETE FROM jobs WHERE org_id = :org_id AND id = :id;

-- == pulling ==

-- name: list_open_jobs(after_org: OrgId, after_id: JobId, limit)
--     -> (org_id: OrgId, id: JobId, lane: str)
-- crosses organizations: the clock is one for all of them.
SELECT org_id, id, lane FROM jobs
WHERE lane IN ('urgent', 'email', 'sms', 'mms', 'tts', 'voice', 'fax') AND ready_at IS NOT NULL
    AND (org_id, id) > (:after_org, :after_id) ORDER BY org_id, id LIMIT :limit;

-- name: pull_recipients(org_id, job_id, now, report_wait: int, limit)!
-- No wait ends later than the longest pause from now: none before the first attempt, else that of
-- `PAUSES_S` after so many.
UPDATE recipients SET due_at = CAST(:now AS BIGINT) + CASE
    WHEN state = 'accepted' THEN CAST(:report_wait AS BIGINT)
    WHEN attempts <= 0 THEN 0 WHEN attempts = 1 THEN 5000 WHEN attempts = 2 THEN 30000
    WHEN attempts = 3 THEN 120000 WHEN attempts = 4 THEN 600000 WHEN attempts = 5 THEN 1800000
    WHEN attempts = 6 THEN 3600000 ELSE 7200000 END
WHERE org_id = :org_id AND job_id = :job_id AND id IN (
    SELECT id FROM recipients
    WHERE org_id = :org_id AND job_id = :job_id AND due_at IS NOT NULL AND due_at > :now
        AND state <> 'claimed' AND due_at > CAST(:now AS BIGINT) + CASE
            WHEN state = 'accepted' THEN CAST(:report_wait AS BIGINT)
            WHEN attempts <= 0 THEN 0 WHEN attempts = 1 THEN 5000 WHEN attempts = 2 THEN 30000
            WHEN attempts = 3 THEN 120000 WHEN attempts = 4 THEN 600000
            WHEN attempts = 5 THEN 1800000 WHEN attempts = 6 THEN 3600000 ELSE 7200000 END
    ORDER BY due_at, id LIMIT :limit);

-- name: pull_leases(org_id, job_id, now, latest: int, limit)!
-- Nobody holds a lease that ends later than `latest`: the holder is dead.
UPDATE recipients SET due_at = :now
WHERE org_id = :org_id AND job_id = :job_id AND id IN (
    SELECT id FROM recipients
    WHERE org_id = :org_id AND job_id = :job_id AND due_at IS NOT NULL AND due_at > :latest
        AND state = 'claimed'
    ORDER BY due_at, id LIMIT :limit);

-- name: pull_unscheduled(now)!
-- crosses organizations: the clock is one for all of them. What nobody asked for at a time is due.
UPDATE jobs SET due_at = :now
WHERE due_at > :now AND (state = 'listing' OR (state = 'scheduled' AND scheduled_at IS NULL));

-- name: list_started_ahead(now, ahead, limit) -> (org_id: OrgId, id: JobId, cutoff_at: int | None)
-- crosses organizations: the clock is one for all of them. Jobs that wait for what follows from
-- their start, which lies in the future.
SELECT org_id, id, cutoff_at FROM jobs
WHERE due_at > :now AND started_at > :ahead AND state NOT IN ('scheduled', 'listing', 'staging')
ORDER BY org_id, id LIMIT :limit;

-- name: restart_job(org_id, id: JobId, now, cutoff_at: int | None, expires_at: int | None)!
UPDATE jobs SET started_at = :now, cutoff_at = CAST(:cutoff_at AS BIGINT),
    expires_at = CAST(:expires_at AS BIGINT),
    due_at = coalesce(CAST(:cutoff_at AS BIGINT), CAST(:expires_at AS BIGINT))
WHERE org_id = :org_id AND id = :id;

-- name: add_sender_id(org_id, sender_key: str, sender: str, now)!
INSERT INTO sender_ids (org_id, sender_key, sender, created_at)
VALUES (:org_id, :sender_key, :sender, :now) ON CONFLICT (org_id, sender_key) DO NOTHING;

-- name: list_sender_ids(org_id) -> sender_ids.AllowedSender
SELECT sender, created_at FROM sender_ids WHERE org_id = :org_id ORDER BY sender_key;

-- name: remove_sender_id(org_id, sender_key: str)!
DELETE FROM sender_ids WHERE org_id = :org_id AND sender_key = :sender_key;

-- name: list_templates(org_id, channel: str) -> templates.MessageTemplate
-- `channel` empty = all.
SELECT id, name, channel, purpose, subject, text, html, updated_at FROM message_templates
WHERE org_id = :org_id AND (:channel = '' OR channel = :channel) ORDER BY name_key, id;

-- name: count_templates(org_id)$ -> int
SELECT count(*) FROM message_templates WHERE org_id = :org_id;

-- name: find_template(org_id, id: TemplateId)^ -> templates.MessageTemplate | None
SELECT id, name, channel, purpose, subject, text, html, updated_at FROM message_templates
WHERE org_id = :org_id AND id = :id;

-- name: find_template_named(org_id, channel: str, name_key: str)$ -> TemplateId | None
SELECT id FROM message_templates
WHERE org_id = :org_id AND channel = :channel AND name_key = :name_key;

-- name: add_template(org_id, id: TemplateId, name_key: str, name: str, channel: str, purpose: str,
--     subject: str, text: str, html: str, now)!
INSERT INTO message_templates (org_id, id, channel, name_key, name, purpose, subject, text, html,
    created_at, updated_at)
VALUES (:org_id, :id, :channel, :name_key, :name, :purpose, :subject, :text, :html, :now, :now)
ON CONFLICT (org_id, channel, name_key) DO NOTHING;

-- name: set_template(org_id, id: TemplateId, name_key: str, name: str, purpose: str, subject: str,
--     text: str, html: str, now)!
UPDATE message_templates SET name_key = :name_key, name = :name, purpose = :purpose,
    subject = :subject, text = :text, html = :html, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: delete_template(org_id, id: TemplateId)!
DELETE FROM message_templates WHERE org_id = :org_id AND id = :id;

-- name: list_canned(org_id) -> canned_answers.CannedAnswer
SELECT id, name, text, updated_at FROM canned_answers WHERE org_id = :org_id
ORDER BY name_key, id;

-- name: count_canned(org_id)$ -> int
SELECT count(*) FROM canned_answers WHERE org_id = :org_id;

-- name: find_canned(org_id, id: CannedAnswerId)^ -> canned_answers.CannedAnswer | None
SELECT id, name, text, updated_at FROM canned_answers WHERE org_id = :org_id AND id = :id;

-- name: find_canned_named(org_id, name_key: str)$ -> CannedAnswerId | None
SELECT id FROM canned_answers WHERE org_id = :org_id AND name_key = :name_key;

-- name: add_canned(org_id, id: CannedAnswerId, name_key: str, name: str, text: str, now)!
INSERT INTO canned_answers (org_id, id, name_key, name, text, created_at, updated_at)
VALUES (:org_id, :id, :name_key, :name, :text, :now, :now)
ON CONFLICT (org_id, name_key) DO NOTHING;

-- name: set_canned(org_id, id: CannedAnswerId, name_key: str, name: str, text: str, now)!
UPDATE canned_answers SET name_key = :name_key, name = :name, text = :text, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: delete_canned(org_id, id: CannedAnswerId)!
DELETE FROM canned_answers WHERE org_id = :org_id AND id = :id;
