-- name: list_events_ahead(now, after_org: OrgId, after_id: int, limit)
--     -> (org_id: OrgId, id: EventId, timezone: str, starts_local: str, ends_local: str,
--         starts_at: int, ends_at: int)
-- crosses organizations: newer zone data is of all of them.
SELECT org_id, id, timezone, starts_local, ends_local, starts_at, ends_at FROM events
WHERE ends_at > :now AND (org_id, id) > (:after_org, :after_id) ORDER BY org_id, id LIMIT :limit;

-- name: list_sessions_ahead(now, after_org: OrgId, after_id: int, limit)
--     -> (org_id: OrgId, id: SessionId, timezone: str, starts_local: str, ends_local: str,
--         starts_at: int, ends_at: int)
-- crosses organizations: newer zone data is of all of them.
SELECT s.org_id, s.id, e.timezone, s.starts_local, s.ends_local, s.starts_at, s.ends_at
FROM sessions s JOIN events e ON e.org_id = s.org_id AND e.id = s.event_id
WHERE s.ends_at > :now AND (s.org_id, s.id) > (:after_org, :after_id)
ORDER BY s.org_id, s.id LIMIT :limit;

-- name: list_jobs_ahead(now, after_org: OrgId, after_id: int, limit)
--     -> (org_id: OrgId, id: JobId, timezone: str, starts_local: str, ends_local: str,
--         starts_at: int, ends_at: int)
-- crosses organizations: newer zone data is of all of them.
SELECT org_id, id, timezone, scheduled_local AS starts_local, scheduled_local AS ends_local,
    scheduled_at AS starts_at, scheduled_at AS ends_at
FROM jobs
WHERE state = 'scheduled' AND scheduled_local <> '' AND scheduled_at > :now
    AND (org_id, id) > (:after_org, :after_id) ORDER BY org_id, id LIMIT :limit;

-- name: list_sales_ahead(now, after_org: OrgId, after_id: int, limit)
--     -> (org_id: OrgId, id: TicketTypeId, timezone: str, starts_local: str, ends_local: str,
--         starts_at: int, ends_at: int)
-- crosses organizations: newer zone data is of all of them. A sale with one end has it twice.
SELECT y.org_id, y.id, e.timezone,
    coalesce(nullif(y.sale_starts_local, ''), y.sale_ends_local) AS starts_local,
    coalesce(nullif(y.sale_ends_local, ''), y.sale_starts_local) AS ends_local,
    coalesce(y.sale_starts_at, y.sale_ends_at) AS starts_at,
    coalesce(y.sale_ends_at, y.sale_starts_at) AS ends_at
FROM ticket_types y JOIN events e ON e.org_id = y.org_id AND e.id = y.event_id
WHERE coalesce(y.sale_ends_at, y.sale_starts_at) > :now
    AND (y.org_id, y.id) > (:after_org, :after_id)
ORDER BY y.org_id, y.id LIMIT :limit;

-- name: list_registration_ends_ahead(now, after_org: OrgId, after_id: int, limit)
--     -> (org_id: OrgId, id: EventId, timezone: str, starts_local: str, ends_local: str,
--         starts_at: int, ends_at: int)
-- crosses organizations: newer zone data is of all of them.
SELECT org_id, id, timezone, registration_ends_local AS starts_local,
    registration_ends_local AS ends_local, registration_ends_at AS starts_at,
    registration_ends_at AS ends_at
FROM events
WHERE registration_ends_at > :now AND (org_id, id) > (:after_org, :after_id)
ORDER BY org_id, id LIMIT :limit;

-- name: move_sale(org_id, id: TicketTypeId, starts_at: int, ends_at: int, now)!
UPDATE ticket_types SET
    sale_starts_at = CASE WHEN sale_starts_local = '' THEN NULL ELSE CAST(:starts_at AS BIGINT) END,
    sale_ends_at = CASE WHEN sale_ends_local = '' THEN NULL ELSE CAST(:ends_at AS BIGINT) END,
    updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: move_registration_end(org_id, id: EventId, ends_at: int, now)!
UPDATE events SET registration_ends_at = CAST(:ends_at AS BIGINT), updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: move_event(org_id, id: EventId, starts_at, ends_at, now)!
UPDATE events SET starts_at = :starts_at, ends_at = :ends_at, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: move_session(org_id, id: SessionId, starts_at, ends_at, now)!
UPDATE sessions SET starts_at = :starts_at, ends_at = :ends_at, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: move_job(org_id, id: JobId, starts_at)!
UPDATE jobs SET scheduled_at = CAST(:starts_at AS BIGINT),
    due_at = CASE WHEN due_at IS NULL THEN NULL ELSE CAST(:starts_at AS BIGINT) END
WHERE org_id = :org_id AND id = :id AND state = 'scheduled';

-- == form limits ==

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

-- name: pull_ticket_mails(now, back: int)!
-- crosses organizations: the clock is one for all of them. Some are held back for hours, on
-- purpose: they move with the clock.
UPDATE ticket_mails SET
    due_at = CASE WHEN due_at - CAST(:back AS BIGINT) > :now THEN due_at - CAST(:back AS BIGINT)
        ELSE CAST(:now AS BIGINT) END
WHERE due_at > :now;

-- name: count_queues(now, limit) -> standing.Queue
-- crosses organizations: the operator sees all of them. Counts no further than `limit`, so that it
-- costs little however long a queue is.
SELECT 'registrations' AS name, count(*) AS waiting FROM (
    SELECT 1 FROM submissions WHERE done_at IS NULL LIMIT :limit) a
UNION ALL
SELECT 'ticket_mails', count(*) FROM (
    SELECT 1 FROM ticket_mails WHERE due_at <= :now LIMIT :limit) b
UNION ALL
SELECT 'messages', CAST(coalesce(sum(c.open), 0) AS BIGINT) FROM (
    SELECT open FROM jobs
    WHERE lane IN ('urgent', 'email', 'sms', 'mms', 'tts', 'voice', 'fax') AND ready_at <= :now
    LIMIT :limit) c
UNION ALL
SELECT 'callbacks', count(*) FROM (
    SELECT 1 FROM callbacks WHERE due_at IS NOT NULL LIMIT :limit) d;

-- name: sum_files()$ -> int
-- crosses organizations: the operator sees all of them.
SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM files;

-- name: list_send_plans_ahead(now, after_org: OrgId, after_id: int, limit)
--     -> (org_id: OrgId, id: CampaignId, timezone: str, starts_local: str, ends_local: str,
--         starts_at: int, ends_at: int)
-- crosses organizations: newer zone data is of all of them.
SELECT c.org_id, c.id, e.timezone, c.send_local AS starts_local, c.send_local AS ends_local,
    coalesce(c.send_at, 0) AS starts_at, coalesce(c.send_at, 0) AS ends_at
FROM campaigns c JOIN events e ON e.org_id = c.org_id AND e.id = c.event_id
WHERE c.send_at > :now AND (c.org_id > :after_org OR (c.org_id = :after_org AND c.id > :after_id))
ORDER BY c.org_id, c.id LIMIT :limit;

-- name: move_send_plan(org_id, id: CampaignId, at: int)!
UPDATE campaigns SET send_at = :at WHERE org_id = :org_id AND id = :id;

-- name: list_remind_plans_ahead(now, after_org: OrgId, after_id: int, limit)
--     -> (org_id: OrgId, id: CampaignId, timezone: str, starts_local: str, ends_local: str,
--         starts_at: int, ends_at: int)
-- crosses organizations: newer zone data is of all of them.
SELECT c.org_id, c.id, e.timezone, c.remind_local AS starts_local, c.remind_local AS ends_local,
    coalesce(c.remind_at, 0) AS starts_at, coalesce(c.remind_at, 0) AS ends_at
FROM campaigns c JOIN events e ON e.org_id = c.org_id AND e.id = c.event_id
WHERE c.remind_at > :now AND (c.org_id > :after_org OR (c.org_id = :after_org AND c.id > :after_id))
ORDER BY c.org_id, c.id LIMIT :limit;

-- name: move_remind_plan(org_id, id: CampaignId, at: int)!
UPDATE campaigns SET remind_at = :at WHERE org_id = :org_id AND id = :id;
