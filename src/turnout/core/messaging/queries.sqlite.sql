-- == accepting ==

-- name: add_recipients(org_id, job_id, rows, now) -> (quote_micros: int | None)
-- `rows` is JSON: [[id, reference, name, destination, address, fields, dedupe_key, quote_micros],
-- …]. Returns one row for each that was added.
INSERT INTO recipients (org_id, job_id, id, reference, name, destination, address, fields,
    dedupe_key, quote_micros, state, due_at)
SELECT :org_id, :job_id, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4,
    r.value ->> 5, r.value ->> 6, r.value ->> 7, 'waiting', :now
FROM json_each(:rows) r WHERE true
ON CONFLICT (org_id, job_id, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING
RETURNING quote_micros;

-- == callbacks ==

-- name: list_ended(org_id, job_id, ids) -> callbacks._EndingRow
-- `ids` is JSON.
SELECT id, reference, name, address, status, duration_s, cost_micros, keypress, is_voicemail,
    carrier, done_at
FROM recipients WHERE org_id = :org_id AND job_id = :job_id
    AND id IN (SELECT value FROM json_each(:ids))
ORDER BY id;

-- name: list_new_replies(org_id, ids) -> callbacks._ReplyRow
-- `ids` is JSON.
SELECT r.id, r.job_id, r.recipient_id, p.reference, p.name, r.sender, r.text, r.carrier,
    r.received_at
FROM json_each(:ids) w
CROSS JOIN replies r ON r.org_id = :org_id AND r.id = w.value
CROSS JOIN recipients p ON p.org_id = r.org_id AND p.job_id = r.job_id AND p.id = r.recipient_id
ORDER BY r.id;

-- == digests ==

-- name: list_single_reports(org_id, ids) -> digests.Line
-- `ids` is JSON, of jobs.
SELECT j.id AS job_id, j.job_type, j.name AS job_name, p.reference, p.name, p.destination,
    p.status, p.duration_s, p.cost_micros, p.sent_at, p.notes
FROM json_each(:ids) w
CROSS JOIN jobs j ON j.org_id = :org_id AND j.id = w.value
CROSS JOIN recipients p ON p.org_id = j.org_id AND p.job_id = j.id
ORDER BY j.id, p.id;

-- == delivering ==

-- name: list_ready_jobs(lane, now, limit) -> (org_id: OrgId, id: JobId)
-- crosses organizations: one loop sends for all of them.
SELECT org_id, id FROM jobs INDEXED BY jobs_ready
WHERE lane = :lane AND ready_at IS NOT NULL AND ready_at <= :now
ORDER BY ready_at, id LIMIT :limit;

-- name: claim_recipients(org_id, job_id, now, until: int, lease_now, lease_end: int, limit)
--     -> (state: str, is_repeated: int, recipient: delivering.ClaimedRecipient)
-- Those who wait are due until `until`, others now: of a closing job nobody waits for anything. A
-- row that was claimed already has outlived its lease. One that is `accepted` stays so: the caller
-- ends it, since its report did not come.
UPDATE recipients SET due_at = :lease_end,
    is_repeated = CASE WHEN state = 'claimed' THEN 1 ELSE is_repeated END,
    notes = CASE WHEN state = 'claimed'
        THEN 'May have been sent twice: the server stopped while it was being sent.'
        ELSE notes END,
    attempts = attempts + (state <> 'accepted'),
    claim = claim + (state <> 'accepted'),
    state = CASE state WHEN 'accepted' THEN 'accepted' ELSE 'claimed' END
WHERE org_id = :org_id AND job_id = :job_id AND id IN (
    SELECT id FROM recipients
    WHERE org_id = :org_id AND job_id = :job_id AND due_at IS NOT NULL AND due_at <= :until
        AND (state = 'waiting' OR due_at <= :now)
        AND (state <> 'claimed' OR due_at <= :lease_now)
    ORDER BY due_at, id LIMIT :limit)
RETURNING state, is_repeated, id, reference, name, destination, address, fields, attempts, claim,
    quote_micros;

-- name: set_addresses(org_id, job_id, rows)!
-- `rows` is JSON: [[id, address], …].
WITH r AS MATERIALIZED (SELECT value ->> 0 AS id, value ->> 1 AS address FROM json_each(:rows))
UPDATE recipients SET address = r.address FROM r
WHERE recipients.org_id = :org_id AND recipients.job_id = :job_id AND recipients.id = r.id;

-- name: find_opted_out(org_id, medium, addresses) -> (address: str)
-- `addresses` is JSON.
SELECT o.address FROM json_each(:addresses) a
CROSS JOIN opt_outs o ON o.org_id = :org_id AND o.medium = :medium AND o.address = a.value;

-- name: find_suppressed(org_id, addresses) -> suppression.Suppression
-- `addresses` is JSON.
SELECT s.address, s.reason, s.notes, s.job_id, s.created_at FROM json_each(:addresses) a
CROSS JOIN suppressions s ON s.org_id = :org_id AND s.address = a.value;

-- name: add_attempts(org_id, job_id, rows, now)!
-- `rows` is JSON: [[recipient_id, number, outcome, reason], …].
INSERT INTO attempts (org_id, job_id, recipient_id, number, at, outcome, reason)
SELECT :org_id, :job_id, r.value ->> 0, r.value ->> 1, :now, r.value ->> 2, r.value ->> 3
FROM json_each(:rows) r WHERE true
ON CONFLICT (org_id, job_id, recipient_id, number) DO NOTHING;

-- name: find_misconfigured(org_id, job_id, rows, before) -> (recipient_id: RecipientId)
-- `rows` is JSON: [[recipient_id, number], …]. Such an attempt keeps its number, and its first
-- time.
SELECT a.recipient_id FROM json_each(:rows) r
CROSS JOIN attempts a ON a.org_id = :org_id AND a.job_id = :job_id
    AND a.recipient_id = r.value ->> 0 AND a.number = r.value ->> 1
WHERE a.outcome = 'misconfigured' AND a.at <= :before;

-- name: find_long_tried(org_id, job_id, ids, before) -> (recipient_id: RecipientId)
-- `ids` is JSON.
SELECT DISTINCT a.recipient_id FROM attempts a
WHERE a.org_id = :org_id AND a.job_id = :job_id AND a.outcome = 'retry' AND a.at <= :before
    AND a.recipient_id IN (SELECT value FROM json_each(:ids));

-- name: renew_claims(org_id, job_id, rows, lease_end: int) -> (id: RecipientId)
-- `rows` is JSON: [[id, claim], …].
WITH r AS MATERIALIZED (
    SELECT value ->> 0 AS id, value ->> 1 AS claim FROM json_each(:rows))
UPDATE recipients SET due_at = :lease_end
FROM r
WHERE recipients.org_id = :org_id AND recipients.job_id = :job_id
    AND recipients.id = r.id AND recipients.state = 'claimed' AND recipients.claim = r.claim
RETURNING recipients.id;

-- name: take_back(org_id, job_id, rows) -> (id: RecipientId)
-- `rows` is JSON: [[id, claim, whether it was certainly sent], …].
WITH r AS MATERIALIZED (
    SELECT value ->> 0 AS id, value ->> 1 AS claim, value ->> 2 AS is_sure
    FROM json_each(:rows))
UPDATE recipients SET state = 'claimed', claim = r.claim
FROM r
WHERE recipients.org_id = :org_id AND recipients.job_id = :job_id AND recipients.id = r.id
    AND (recipients.state = 'waiting' OR recipients.state = 'claimed' AND r.is_sure = 1)
RETURNING recipients.id;

-- name: list_handed(org_id, job_id, ids) -> delivering.ClaimedRecipient
-- `ids` is JSON.
SELECT id, reference, name, destination, address, fields, attempts, claim, quote_micros
FROM recipients WHERE org_id = :org_id AND job_id = :job_id
    AND id IN (SELECT value FROM json_each(:ids))
ORDER BY id;

-- name: list_standing(org_id, job_id, ids)
--     -> (id: RecipientId, state: str, status: str, claim: int, notes: str)
-- `ids` is JSON.
SELECT id, state, status, claim, notes FROM recipients
WHERE org_id = :org_id AND job_id = :job_id AND id IN (SELECT value FROM json_each(:ids));

-- name: put_off(org_id, job_id, rows, notes) -> (id: RecipientId)
-- `rows` is JSON: [[id, claim, due_at, attempts], …]. Without `notes` they stay.
WITH r AS MATERIALIZED (
    SELECT value ->> 0 AS id, value ->> 1 AS claim, value ->> 2 AS due_at, value ->> 3 AS attempts
    FROM json_each(:rows))
UPDATE recipients SET state = 'waiting', due_at = r.due_at, attempts = r.attempts,
    notes = CASE WHEN :notes = '' THEN recipients.notes ELSE :notes END
FROM r
WHERE recipients.org_id = :org_id AND recipients.job_id = :job_id
    AND recipients.id = r.id AND recipients.state = 'claimed' AND recipients.claim = r.claim
RETURNING recipients.id;

-- name: accept_recipients(org_id, job_id, rows, carrier, now, due_at, is_secret)
--     -> (id: RecipientId)
-- `rows` is JSON: [[id, claim, parts, cost_micros, network ids], …].
WITH r AS MATERIALIZED (
    SELECT value ->> 0 AS id, value ->> 1 AS claim, value ->> 2 AS parts, value ->> 3 AS cost,
        value ->> 4 AS names
    FROM json_each(:rows))
UPDATE recipients SET state = 'accepted', stage = 'Confirmed', carrier = :carrier, sent_at = :now,
    due_at = :due_at, parts = r.parts, cost_micros = r.cost, parts_left = r.names,
    fields = CASE WHEN :is_secret = 1 THEN '' ELSE fields END
FROM r
WHERE recipients.org_id = :org_id AND recipients.job_id = :job_id
    AND recipients.id = r.id AND recipients.state = 'claimed' AND recipients.claim = r.claim
RETURNING recipients.id;

-- name: add_network_ids(carrier, org_id, job_id, rows) -> (network_id: str)
-- `rows` is JSON: [[network_id, recipient_id, parts, plain], …]. Those that are there already stay.
INSERT INTO network_ids (carrier, network_id, org_id, job_id, recipient_id, parts, plain)
SELECT :carrier, r.value ->> 0, :org_id, :job_id, r.value ->> 1, r.value ->> 2, r.value ->> 3
FROM json_each(:rows) r WHERE true
ON CONFLICT (carrier, network_id) DO NOTHING RETURNING network_id;

-- name: take_over_network_ids(carrier, org_id, job_id, rows)!
-- `rows` is JSON: [[network_id, recipient_id, parts, plain], …]. Their messages have ended.
UPDATE network_ids SET org_id = :org_id, job_id = :job_id, recipient_id = r.value ->> 1,
    parts = r.value ->> 2, plain = r.value ->> 3, shared_at = NULL, told = '', told_at = NULL,
    is_corrected = 0
FROM json_each(:rows) r
WHERE network_ids.carrier = :carrier AND network_ids.network_id = r.value ->> 0;

-- name: list_network_ids(carrier, names) -> (network_id: str, owner: network_ids._Owner)
-- crosses organizations: a network knows none of them. `names` is JSON.
SELECT n.network_id, n.org_id, n.job_id, n.recipient_id,
    CASE WHEN n.shared_at IS NULL THEN 0 ELSE 1 END AS is_shared,
    CASE WHEN r.state = 'accepted' AND n.told_at IS NULL THEN 1 ELSE 0 END AS awaits_report
FROM network_ids n LEFT JOIN recipients r
    ON r.org_id = n.org_id AND r.job_id = n.job_id AND r.id = n.recipient_id
WHERE n.carrier = :carrier AND n.network_id IN (SELECT value FROM json_each(:names));

-- name: share_network_ids(carrier, names, now)!
-- crosses organizations: the ids lead to nobody from now on. `names` is JSON.
UPDATE network_ids SET shared_at = :now
WHERE carrier = :carrier AND network_id IN (SELECT value FROM json_each(:names));

-- name: note_conversations(number, org_id, job_id, rows, now)!
-- `rows` is JSON: [[address, recipient_id], …]. The newest message is what a reply answers.
INSERT INTO conversations (number, address, org_id, job_id, recipient_id, at, is_read)
SELECT :number, r.value ->> 0, :org_id, :job_id, r.value ->> 1, :now, 1
FROM json_each(:rows) r WHERE true
ON CONFLICT (number, address) DO UPDATE SET org_id = excluded.org_id, job_id = excluded.job_id,
    recipient_id = excluded.recipient_id, at = excluded.at, is_read = 1;

-- name: find_conversation(numbers, addresses)^
--     -> (org_id: OrgId, job_id: JobId, recipient_id: RecipientId) | None
-- crosses organizations: numbers of the pool are shared. `numbers` and `addresses` are JSON; the
-- newest one.
SELECT org_id, job_id, recipient_id FROM conversations
WHERE number IN (SELECT value FROM json_each(:numbers))
    AND address IN (SELECT value FROM json_each(:addresses))
ORDER BY at DESC LIMIT 1;

-- name: find_last_writer(addresses)^
--     -> replies._Text | None
-- crosses organizations: a number does not say who wrote to it. `addresses` is JSON. As a join, the
-- list would meet a Bloom filter of SQLite that loses rows of an index on an expression.
SELECT r.org_id, r.job_id, r.id AS recipient_id, coalesce(r.sent_at, r.done_at) AS at
FROM organizations o
CROSS JOIN recipients r ON r.org_id = o.org_id AND r.address <> ''
    AND lower(r.address) IN (SELECT value FROM json_each(:addresses))
CROSS JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id
WHERE (r.sent_at IS NOT NULL OR r.status = 'SVRE') AND j.channel IN ('sms', 'mms')
    AND j.kind = 'broadcast'
ORDER BY coalesce(r.sent_at, r.done_at) DESC, r.id DESC LIMIT 1;

-- == ending ==

-- name: end_recipients(org_id, job_id, rows, now) -> ending._RecipientState
-- `rows` is JSON: [[id, status, notes, duration_s, keypress, is_voicemail, carrier, parts,
-- cost_micros, claim], …]. With a `claim` only those are ended that it still holds.
WITH r AS MATERIALIZED (
    SELECT value ->> 0 AS id, value ->> 1 AS status, value ->> 2 AS notes,
        value ->> 3 AS duration_s, value ->> 4 AS keypress, value ->> 5 AS is_voicemail,
        value ->> 6 AS carrier, value ->> 7 AS parts, value ->> 8 AS cost_micros,
        value ->> 9 AS claim
    FROM json_each(:rows))
UPDATE recipients SET state = 'done', stage = 'Confirmed', due_at = NULL, done_at = :now,
    sent_at = coalesce(sent_at, CASE WHEN r.status = 'SENT' THEN :now END),
    status = r.status,
    notes = CASE WHEN r.notes = '' THEN recipients.notes ELSE r.notes END,
    duration_s = r.duration_s, keypress = r.keypress, is_voicemail = r.is_voicemail,
    carrier = coalesce(r.carrier, recipients.carrier),
    parts = coalesce(r.parts, recipients.parts),
    cost_micros = CASE WHEN r.status = 'SENT' THEN coalesce(r.cost_micros, recipients.cost_micros)
        ELSE 0 END,
    fields = CASE WHEN (SELECT kind FROM jobs WHERE org_id = :org_id AND id = :job_id) = 'code'
        THEN '' ELSE fields END
FROM r
WHERE recipients.org_id = :org_id AND recipients.job_id = :job_id
    AND recipients.id = r.id AND recipients.state <> 'done'
    AND (r.claim IS NULL OR recipients.state = 'claimed' AND recipients.claim = r.claim)
RETURNING recipients.id, recipients.status, recipients.cost_micros;

-- name: bounce_sent(org_id, job_id, ids, notes, now) -> (id: RecipientId, cost_micros: int)
-- `ids` is JSON.
UPDATE recipients SET status = 'BOUN', notes = :notes, done_at = :now
WHERE org_id = :org_id AND job_id = :job_id AND state = 'done' AND status = 'SENT'
    AND id IN (SELECT value FROM json_each(:ids))
RETURNING id, cost_micros;

-- name: list_ends(org_id, job_id, ids)
--     -> (id: RecipientId, status: str, cost_micros: int, quote_micros: int | None, parts: int)
-- `ids` is JSON.
SELECT id, status, cost_micros, quote_micros, parts FROM recipients
WHERE org_id = :org_id AND job_id = :job_id AND state = 'done'
    AND id IN (SELECT value FROM json_each(:ids))
ORDER BY id;

-- name: correct_ends(org_id, job_id, rows, now) -> (id: RecipientId)
-- `rows` is JSON: [[id, status before, status, cost_micros, notes, duration_s, keypress,
-- is_voicemail], …].
WITH r AS MATERIALIZED (
    SELECT value ->> 0 AS id, value ->> 1 AS was, value ->> 2 AS status,
        value ->> 3 AS cost_micros, value ->> 4 AS notes, value ->> 5 AS duration_s,
        value ->> 6 AS keypress, value ->> 7 AS is_voicemail
    FROM json_each(:rows))
UPDATE recipients SET status = r.status, notes = r.notes, cost_micros = r.cost_micros,
    duration_s = r.duration_s, keypress = r.keypress, is_voicemail = r.is_voicemail, done_at = :now,
    sent_at = coalesce(sent_at, CASE WHEN r.status = 'SENT' THEN :now END)
FROM r
WHERE recipients.org_id = :org_id AND recipients.job_id = :job_id AND recipients.id = r.id
    AND recipients.state = 'done' AND recipients.status = r.was
RETURNING recipients.id;

-- name: note_recipients(org_id, job_id, ids, notes)!
-- `ids` is JSON.
UPDATE recipients SET notes = CASE WHEN notes = '' THEN :notes ELSE notes || ' ' || :notes END
WHERE org_id = :org_id AND job_id = :job_id AND id IN (SELECT value FROM json_each(:ids));

-- name: clear_cost(org_id, job_id, ids)!
-- `ids` is JSON.
UPDATE recipients SET cost_micros = 0
WHERE org_id = :org_id AND job_id = :job_id AND id IN (SELECT value FROM json_each(:ids));

-- == listing ==

-- name: list_visible_jobs(distributor_id, sees_all, agent_id, own_org_id: OrgId, name, job_type,
--     progress, since, until, limit, skip)
--     -> listing.JobSummary
-- crosses organizations: an Admin sees its distributor's jobs, an Agent those linked to it.
SELECT j.org_id, j.id, j.user_id, u.user_code, j.job_type, j.name,
    CASE WHEN j.state IN ('complete', 'closed') THEN j.state ELSE 'open' END AS progress,
    j.accepted_at, j.scheduled_at, j.started_at, j.completed_at, j.total, j.sent, j.failed,
    j.cost_micros
FROM jobs j
CROSS JOIN organizations o ON o.org_id = j.org_id
CROSS JOIN users u ON u.org_id = j.org_id AND u.id = j.user_id
WHERE
    o.distributor_id = :distributor_id
    AND (:sees_all = 1 OR o.agent_id = :agent_id OR j.org_id = :own_org_id)
    AND j.kind = 'broadcast' AND j.state <> 'staging'
    AND (:name = '' OR j.name = :name) AND (:job_type = '' OR j.job_type = :job_type)
    AND (:progress = ''
        OR :progress = CASE WHEN j.state IN ('complete', 'closed') THEN j.state ELSE 'open' END)
    AND j.accepted_at >= :since AND j.accepted_at < :until
ORDER BY j.id DESC LIMIT :limit OFFSET :skip;

-- name: count_visible_jobs(distributor_id, sees_all, agent_id, own_org_id: OrgId, name, job_type,
--     progress, since, until)$
--     -> int
-- crosses organizations: an Admin sees its distributor's jobs, an Agent those linked to it.
SELECT count(*)
FROM jobs j
CROSS JOIN organizations o ON o.org_id = j.org_id
WHERE
    o.distributor_id = :distributor_id
    AND (:sees_all = 1 OR o.agent_id = :agent_id OR j.org_id = :own_org_id)
    AND j.kind = 'broadcast' AND j.state <> 'staging'
    AND (:name = '' OR j.name = :name) AND (:job_type = '' OR j.job_type = :job_type)
    AND (:progress = ''
        OR :progress = CASE WHEN j.state IN ('complete', 'closed') THEN j.state ELSE 'open' END)
    AND j.accepted_at >= :since AND j.accepted_at < :until;

-- == receiving ==

-- name: take_network_ids(carrier, rows, now) -> receiving._MessageRef
-- crosses organizations: a network knows none of them. `rows` is JSON: [[network_id, status], …].
WITH r AS MATERIALIZED (
    SELECT value ->> 0 AS network_id, value ->> 1 AS status FROM json_each(:rows))
UPDATE network_ids SET told = r.status, told_at = :now
FROM r
WHERE network_ids.carrier = :carrier AND network_ids.network_id = r.network_id
    AND network_ids.shared_at IS NULL AND network_ids.told_at IS NULL
RETURNING network_ids.network_id, org_id, job_id, recipient_id, parts;

-- name: correct_network_ids(carrier, rows) -> receiving._MessageRef
-- crosses organizations: a network knows none of them. `rows` is JSON: [[network_id, status], …].
WITH r AS MATERIALIZED (
    SELECT value ->> 0 AS network_id, value ->> 1 AS status FROM json_each(:rows))
UPDATE network_ids SET told = r.status, is_corrected = 1
FROM r
WHERE network_ids.carrier = :carrier AND network_ids.network_id = r.network_id
    AND network_ids.shared_at IS NULL AND network_ids.told_at IS NOT NULL
    AND network_ids.told <> r.status AND network_ids.is_corrected = 0
RETURNING network_ids.network_id, org_id, job_id, recipient_id, parts;

-- name: list_cancelled_unknown(ids) -> (id: RecipientId)
-- crosses organizations: an account carries the calls of all of them. `ids` is JSON.
SELECT r.id FROM recipients r JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id
WHERE r.id IN (SELECT value FROM json_each(:ids)) AND r.state = 'done' AND r.status = 'SVRE'
    AND j.closing_reason <> ''
ORDER BY r.id;

-- name: list_named_addresses(carrier, names) -> (network_id: str, address: str)
-- crosses organizations: a network knows none of them. `names` is JSON.
SELECT n.network_id, r.address FROM network_ids n
JOIN recipients r ON r.org_id = n.org_id AND r.job_id = n.job_id AND r.id = n.recipient_id
WHERE n.carrier = :carrier AND n.network_id IN (SELECT value FROM json_each(:names));

-- name: find_spelled_ids(carrier, names) -> (network_id: str)
-- crosses organizations: a network knows none of them. `names` is JSON.
SELECT network_id FROM network_ids WHERE carrier = :carrier AND shared_at IS NULL
    AND told_at IS NULL AND network_id IN (SELECT value FROM json_each(:names))
UNION
SELECT network_id FROM network_ids WHERE carrier = :carrier AND plain <> ''
    AND shared_at IS NULL AND told_at IS NULL
    AND plain IN (SELECT value FROM json_each(:names));

-- name: keep_early_reports(carrier, rows, now)!
-- crosses organizations: nobody knows whose they are. `rows` is JSON: [[network_id, report], …].
INSERT INTO early_reports (carrier, network_id, report, at)
SELECT :carrier, r.value ->> 0, r.value ->> 1, :now FROM json_each(:rows) r WHERE true
ON CONFLICT (carrier, network_id) DO UPDATE SET report = excluded.report;

-- name: take_early_reports(rows) -> (report: str)
-- crosses organizations: a network knows none of them. `rows` is JSON: [[carrier, name], …].
DELETE FROM early_reports WHERE (carrier, network_id) IN (
    SELECT r.value ->> 0, r.value ->> 1 FROM json_each(:rows) r)
RETURNING report;

-- name: list_named_recipients(ids)
--     -> (org_id: OrgId, job_id: JobId, id: RecipientId, state: str, status: str, channel: str,
--         address: str)
-- crosses organizations: a report has our own number alone. `ids` is JSON.
SELECT p.org_id, p.job_id, p.id, p.state, p.status, j.channel, p.address
FROM json_each(:ids) w
CROSS JOIN recipients p ON p.id = w.value
CROSS JOIN jobs j ON j.org_id = p.org_id AND j.id = p.job_id
ORDER BY p.org_id, p.job_id, p.id;

-- == lists ==

-- name: add_entries(org_id, list_id, rows)!
-- `rows` is JSON: [[number, reference, recipient, email, fax, phone, mobile, custom_fields], …].
INSERT INTO list_entries (org_id, list_id, number, reference, recipient, email, fax, phone, mobile,
    custom_fields)
SELECT :org_id, :list_id, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4,
    r.value ->> 5, r.value ->> 6, r.value ->> 7
FROM json_each(:rows) r;

-- == starting ==

-- name: list_due_jobs(now, limit) -> (org_id: OrgId, id: JobId)
-- crosses organizations: one loop starts the jobs of all of them.
SELECT org_id, id FROM jobs WHERE due_at IS NOT NULL AND due_at <= :now
    AND NOT EXISTS (
        SELECT 1 FROM work_claims c WHERE c.org_id = jobs.org_id AND c.queue = 'schedule'
            AND c.id = jobs.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY due_at, id LIMIT :limit;

-- == quotas ==

-- name: lock_file_room(org_id) -> (org_id: OrgId)
-- Two files that are finished at once are counted one after the other.
SELECT org_id FROM organizations WHERE org_id = :org_id;

-- == reading replies ==

-- name: list_reply_lines(org_id, before: ReplyId, job_id: int, said, lower_said, senders,
--     user_id: int, is_open, limit) -> reading_replies.ReplyLine
-- Zeros and empty texts = any; `senders` is JSON. Replies that were strays have no job.
WITH wanted AS MATERIALIZED (
    SELECT value AS sender FROM json_each(CASE :senders WHEN '' THEN '[]' ELSE :senders END)),
known AS (
    SELECT id, job_id, recipient_id, sender, number, text, received_at, is_late, is_opt_out,
        assigned_to
    FROM replies WHERE org_id = :org_id AND id < :before
    UNION ALL
    SELECT id, NULL, NULL, sender, number, text, received_at, 0, 0, assigned_to
    FROM stray_replies WHERE org_id = :org_id AND id < :before)
SELECT k.id, k.job_id, coalesce(j.name, '') AS job_name, coalesce(q.reference, '') AS reference,
    coalesce(q.name, '') AS name, k.sender, k.number, k.text, k.received_at, k.is_late,
    k.is_opt_out, coalesce(u.user_code, '') AS user_code
FROM known k
LEFT JOIN jobs j ON j.org_id = :org_id AND j.id = k.job_id
LEFT JOIN recipients q ON q.org_id = :org_id AND q.job_id = k.job_id AND q.id = k.recipient_id
LEFT JOIN users u ON u.org_id = :org_id AND u.id = k.assigned_to
WHERE (:job_id = 0 OR k.job_id = :job_id)
    AND (:said = '' OR replace(k.text, :said, '') <> k.text
        OR replace(lower(k.text), :lower_said, '') <> lower(k.text))
    AND (:senders = '' OR k.sender IN (SELECT sender FROM wanted))
    AND (:user_id = 0 OR k.assigned_to = :user_id)
    AND (:is_open = 0 OR k.assigned_to IS NULL)
ORDER BY k.id DESC LIMIT :limit;

-- == consents ==

-- name: find_consented(org_id, medium, addresses) -> (address: str)
-- `addresses` is JSON.
SELECT DISTINCT c.address FROM json_each(:addresses) a
CROSS JOIN consents c ON c.org_id = :org_id AND c.medium = :medium AND c.address = a.value
WHERE c.withdrawn_at IS NULL;
