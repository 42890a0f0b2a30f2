-- == accepting ==

-- name: add_recipients(org_id, job_id, rows, now) -> (quote_micros: int | None)
-- `rows` is JSON: [[id, reference, name, destination, address, fields, dedupe_key, quote_micros],
-- …]. Returns one row for each that was added.
INSERT INTO recipients (org_id, job_id, id, reference, name, destination, address, fields,
    dedupe_key, quote_micros, state, due_at)
SELECT CAST(:org_id AS BIGINT), CAST(:job_id AS BIGINT), CAST(r.value ->> 0 AS BIGINT),
    r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5, r.value ->> 6,
    CAST(r.value ->> 7 AS BIGINT), 'waiting', CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value)
ON CONFLICT (org_id, job_id, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING
RETURNING quote_micros;

-- == callbacks ==

-- name: list_ended(org_id, job_id, ids) -> callbacks._EndingRow
-- `ids` is JSON.
WITH w AS MATERIALIZED (
    SELECT DISTINCT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id,
        CAST(value AS BIGINT) AS id
    FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) g (value))
SELECT r.id, r.reference, r.name, r.address, r.status, r.duration_s, r.cost_micros, r.keypress,
    r.is_voicemail, r.carrier, r.done_at
FROM w JOIN recipients r ON r.org_id = w.org_id AND r.job_id = w.job_id AND r.id = w.id
ORDER BY r.id;

-- name: list_new_replies(org_id, ids) -> callbacks._ReplyRow
-- `ids` is JSON.
SELECT r.id, r.job_id, r.recipient_id, p.reference, p.name, r.sender, r.text, r.carrier,
    r.received_at
FROM replies r
JOIN recipients p ON p.org_id = r.org_id AND p.job_id = r.job_id AND p.id = r.recipient_id
WHERE r.org_id = :org_id AND r.id IN (
    SELECT CAST(w.value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
ORDER BY r.id;

-- == digests ==

-- name: list_single_reports(org_id, ids) -> digests.Line
-- `ids` is JSON, of jobs.
SELECT j.id AS job_id, j.job_type, j.name AS job_name, p.reference, p.name, p.destination,
    p.status, p.duration_s, p.cost_micros, p.sent_at, p.notes
FROM json_array_elements_text(CAST(:ids AS json)) w (value)
JOIN jobs j ON j.org_id = :org_id AND j.id = CAST(w.value AS BIGINT)
JOIN recipients p ON p.org_id = j.org_id AND p.job_id = j.id
ORDER BY j.id, p.id;

-- == delivering ==

-- name: list_ready_jobs(lane, now, limit) -> (org_id: OrgId, id: JobId)
-- crosses organizations: one loop sends for all of them.
SELECT org_id, id FROM jobs
WHERE lane = :lane AND ready_at IS NOT NULL AND ready_at <= :now
ORDER BY ready_at, id LIMIT :limit FOR UPDATE SKIP LOCKED;

-- name: claim_recipients(org_id, job_id, now, until: int, lease_now, lease_end: int, limit)
--     -> (state: str, is_repeated: int, recipient: delivering.ClaimedRecipient)
-- Those who wait are due until `until`, others now: of a closing job nobody waits for anything. A
-- row that was claimed already has outlived its lease. One that is `accepted` stays so: the caller
-- ends it, since its report did not come. MATERIALIZED: looked up once, or LIMIT is void.
WITH due AS MATERIALIZED (
    SELECT org_id AS due_org, job_id AS due_job, id AS due_id FROM recipients
    WHERE org_id = :org_id AND job_id = :job_id AND due_at IS NOT NULL AND due_at <= :until
        AND (state = 'waiting' OR due_at <= :now)
        AND (state <> 'claimed' OR due_at <= :lease_now)
    ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
)
UPDATE recipients SET due_at = :lease_end,
    is_repeated = CASE WHEN state = 'claimed' THEN 1 ELSE is_repeated END,
    notes = CASE WHEN state = 'claimed'
        THEN 'May have been sent twice: the server stopped while it was being sent.'
        ELSE notes END,
    attempts = attempts + CASE WHEN state = 'accepted' THEN 0 ELSE 1 END,
    claim = claim + CASE WHEN state = 'accepted' THEN 0 ELSE 1 END,
    state = CASE state WHEN 'accepted' THEN 'accepted' ELSE 'claimed' END
FROM due
WHERE org_id = due_org AND job_id = due_job AND id = due_id
RETURNING state, is_repeated, id, reference, name, destination, address, fields, attempts, claim,
    quote_micros;

-- name: set_addresses(org_id, job_id, rows)!
-- `rows` is JSON: [[id, address], …].
UPDATE recipients SET address = r.value ->> 1
FROM json_array_elements(CAST(:rows AS json)) r (value)
WHERE recipients.org_id = :org_id AND recipients.job_id = :job_id
    AND recipients.id = CAST(r.value ->> 0 AS BIGINT);

-- name: find_opted_out(org_id, medium, addresses) -> (address: str)
-- `addresses` is JSON.
SELECT o.address FROM jsonb_array_elements_text(CAST(:addresses AS jsonb)) a (value)
JOIN opt_outs o ON o.org_id = :org_id AND o.medium = :medium AND o.address = a.value;

-- name: find_suppressed(org_id, addresses) -> suppression.Suppression
-- `addresses` is JSON.
SELECT address, reason, notes, job_id, created_at FROM suppressions
WHERE org_id = :org_id AND address IN (
    SELECT a.value FROM jsonb_array_elements_text(CAST(:addresses AS jsonb)) a (value));

-- name: add_attempts(org_id, job_id, rows, now)!
-- `rows` is JSON: [[recipient_id, number, outcome, reason], …].
INSERT INTO attempts (org_id, job_id, recipient_id, number, at, outcome, reason)
SELECT CAST(:org_id AS BIGINT), CAST(:job_id AS BIGINT),
    CAST(r.value ->> 0 AS BIGINT), CAST(r.value ->> 1 AS BIGINT),
    CAST(:now AS BIGINT), r.value ->> 2, r.value ->> 3
FROM json_array_elements(CAST(:rows AS json)) r (value)
ON CONFLICT (org_id, job_id, recipient_id, number) DO NOTHING;

-- name: find_misconfigured(org_id, job_id, rows, before) -> (recipient_id: RecipientId)
-- `rows` is JSON: [[recipient_id, number], …]. Such an attempt keeps its number, and its first
-- time.
SELECT a.recipient_id FROM json_array_elements(CAST(:rows AS json)) r (value)
JOIN attempts a ON a.org_id = :org_id AND a.job_id = :job_id
    AND a.recipient_id = CAST(r.value ->> 0 AS BIGINT) AND a.number = CAST(r.value ->> 1 AS BIGINT)
WHERE a.outcome = 'misconfigured' AND a.at <= :before;

-- name: find_long_tried(org_id, job_id, ids, before) -> (recipient_id: RecipientId)
-- `ids` is JSON.
SELECT DISTINCT a.recipient_id FROM attempts a
WHERE a.org_id = :org_id AND a.job_id = :job_id AND a.outcome = 'retry' AND a.at <= :before
    AND a.recipient_id IN (SELECT CAST(w.value AS BIGINT)
    FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value));

-- name: renew_claims(org_id, job_id, rows, lease_end: int) -> (id: RecipientId)
-- `rows` is JSON: [[id, claim], …].
WITH r AS MATERIALIZED (
    SELECT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id, value
    FROM json_array_elements(CAST(:rows AS json)) g (value))
UPDATE recipients SET due_at = :lease_end
FROM r WHERE recipients.org_id = r.org_id AND recipients.job_id = r.job_id
    AND recipients.id = CAST(r.value ->> 0 AS BIGINT) AND recipients.state = 'claimed'
    AND recipients.claim = CAST(r.value ->> 1 AS BIGINT)
RETURNING recipients.id;

-- name: take_back(org_id, job_id, rows) -> (id: RecipientId)
-- `rows` is JSON: [[id, claim, whether it was certainly sent], …].
WITH r AS MATERIALIZED (
    SELECT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id, value
    FROM json_array_elements(CAST(:rows AS json)) g (value))
UPDATE recipients SET state = 'claimed', claim = CAST(r.value ->> 1 AS BIGINT)
FROM r WHERE recipients.org_id = r.org_id AND recipients.job_id = r.job_id
    AND recipients.id = CAST(r.value ->> 0 AS BIGINT)
    AND (recipients.state = 'waiting'
        OR recipients.state = 'claimed' AND CAST(r.value ->> 2 AS BIGINT) = 1)
RETURNING recipients.id;

-- name: list_handed(org_id, job_id, ids) -> delivering.ClaimedRecipient
-- `ids` is JSON.
SELECT id, reference, name, destination, address, fields, attempts, claim, quote_micros
FROM recipients WHERE org_id = :org_id AND job_id = :job_id AND id IN (
    SELECT CAST(w.value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
ORDER BY id;

-- name: list_standing(org_id, job_id, ids)
--     -> (id: RecipientId, state: str, status: str, claim: int, notes: str)
-- `ids` is JSON.
WITH w AS MATERIALIZED (
    SELECT DISTINCT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id,
        CAST(value AS BIGINT) AS id
    FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) g (value))
SELECT r.id, r.state, r.status, r.claim, r.notes
FROM w JOIN recipients r ON r.org_id = w.org_id AND r.job_id = w.job_id AND r.id = w.id;

-- name: put_off(org_id, job_id, rows, notes) -> (id: RecipientId)
-- `rows` is JSON: [[id, claim, due_at, attempts], …]. Without `notes` they stay.
WITH r AS MATERIALIZED (
    SELECT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id, value
    FROM json_array_elements(CAST(:rows AS json)) g (value))
UPDATE recipients SET state = 'waiting', due_at = CAST(r.value ->> 2 AS BIGINT),
    attempts = CAST(r.value ->> 3 AS BIGINT),
    notes = CASE WHEN :notes = '' THEN recipients.notes ELSE :notes END
FROM r WHERE recipients.org_id = r.org_id AND recipients.job_id = r.job_id
    AND recipients.id = CAST(r.value ->> 0 AS BIGINT) AND recipients.state = 'claimed'
    AND recipients.claim = CAST(r.value ->> 1 AS BIGINT)
RETURNING recipients.id;

-- name: accept_recipients(org_id, job_id, rows, carrier, now, due_at, is_secret)
--     -> (id: RecipientId)
-- `rows` is JSON: [[id, claim, parts, cost_micros, network ids], …].
WITH r AS MATERIALIZED (
    SELECT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id, value
    FROM json_array_elements(CAST(:rows AS json)) g (value))
UPDATE recipients SET state = 'accepted', stage = 'Confirmed', carrier = :carrier, sent_at = :now,
    due_at = :due_at, parts = CAST(r.value ->> 2 AS BIGINT),
    cost_micros = CAST(r.value ->> 3 AS BIGINT), parts_left = CAST(r.value ->> 4 AS BIGINT),
    fields = CASE WHEN :is_secret = 1 THEN '' ELSE fields END
FROM r WHERE recipients.org_id = r.org_id AND recipients.job_id = r.job_id
    AND recipients.id = CAST(r.value ->> 0 AS BIGINT) AND recipients.state = 'claimed'
    AND recipients.claim = CAST(r.value ->> 1 AS BIGINT)
RETURNING recipients.id;

-- name: add_network_ids(carrier, org_id, job_id, rows) -> (network_id: str)
-- `rows` is JSON: [[network_id, recipient_id, parts, plain], …]. Those that are there already stay.
INSERT INTO network_ids (carrier, network_id, org_id, job_id, recipient_id, parts, plain)
SELECT CAST(:carrier AS TEXT), r.value ->> 0, CAST(:org_id AS BIGINT), CAST(:job_id AS BIGINT),
    CAST(r.value ->> 1 AS BIGINT), CAST(r.value ->> 2 AS BIGINT), r.value ->> 3
FROM json_array_elements(CAST(:rows AS json)) r (value)
ON CONFLICT (carrier, network_id) DO NOTHING RETURNING network_id;

-- name: take_over_network_ids(carrier, org_id, job_id, rows)!
-- `rows` is JSON: [[network_id, recipient_id, parts, plain], …]. Their messages have ended.
UPDATE network_ids SET org_id = CAST(:org_id AS BIGINT), job_id = CAST(:job_id AS BIGINT),
    recipient_id = CAST(r.value ->> 1 AS BIGINT), parts = CAST(r.value ->> 2 AS BIGINT),
    plain = r.value ->> 3, shared_at = NULL, told = '', told_at = NULL, is_corrected = 0
FROM json_array_elements(CAST(:rows AS json)) r (value)
WHERE network_ids.carrier = :carrier AND network_ids.network_id = r.value ->> 0;

-- name: list_network_ids(carrier, names) -> (network_id: str, owner: network_ids._Owner)
-- crosses organizations: a network knows none of them. `names` is JSON.
SELECT n.network_id, n.org_id, n.job_id, n.recipient_id,
    CASE WHEN n.shared_at IS NULL THEN 0 ELSE 1 END AS is_shared,
    CASE WHEN r.state = 'accepted' AND n.told_at IS NULL THEN 1 ELSE 0 END AS awaits_report
FROM network_ids n LEFT JOIN recipients r
    ON r.org_id = n.org_id AND r.job_id = n.job_id AND r.id = n.recipient_id
WHERE n.carrier = :carrier AND n.network_id IN (
    SELECT w.value FROM jsonb_array_elements_text(CAST(:names AS jsonb)) w (value));

-- name: share_network_ids(carrier, names, now)!
-- crosses organizations: the ids lead to nobody from now on. `names` is JSON.
UPDATE network_ids SET shared_at = CAST(:now AS BIGINT) WHERE carrier = :carrier AND network_id IN (
    SELECT w.value FROM jsonb_array_elements_text(CAST(:names AS jsonb)) w (value));

-- name: note_conversations(number, org_id, job_id, rows, now)!
-- `rows` is JSON: [[address, recipient_id], …]. The newest message is what a reply answers.
INSERT INTO conversations (number, address, org_id, job_id, recipient_id, at, is_read)
SELECT DISTINCT ON (r.value ->> 0) CAST(:number AS TEXT), r.value ->> 0, CAST(:org_id AS BIGINT),
    CAST(:job_id AS BIGINT), CAST(r.value ->> 1 AS BIGINT), CAST(:now AS BIGINT), 1
FROM json_array_elements(CAST(:rows AS json)) r (value)
ORDER BY r.value ->> 0, CAST(r.value ->> 1 AS BIGINT) DESC
ON CONFLICT (number, address) DO UPDATE SET org_id = excluded.org_id, job_id = excluded.job_id,
    recipient_id = excluded.recipient_id, at = excluded.at, is_read = 1;

-- name: find_conversation(numbers, addresses)^
--     -> (org_id: OrgId, job_id: JobId, recipient_id: RecipientId) | None
-- crosses organizations: numbers of the pool are shared. `numbers` and `addresses` are JSON; the
-- newest one.
SELECT c.org_id, c.job_id, c.recipient_id FROM conversations c
WHERE c.number IN (
    SELECT n.value FROM jsonb_array_elements_text(CAST(:numbers AS jsonb)) n (value))
    AND c.address IN (
    SELECT a.value FROM jsonb_array_elements_text(CAST(:addresses AS jsonb)) a (value))
ORDER BY c.at DESC LIMIT 1;

-- name: find_last_writer(addresses)^
--     -> replies._Text | None
-- crosses organizations: a number does not say who wrote to it. `addresses` is JSON.
SELECT r.org_id, r.job_id, r.id AS recipient_id, coalesce(r.sent_at, r.done_at) AS at
FROM organizations o
JOIN recipients r ON r.org_id = o.org_id AND r.address <> '' AND lower(r.address) IN (
    SELECT a.value FROM jsonb_array_elements_text(CAST(:addresses AS jsonb)) a (value))
JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id
WHERE (r.sent_at IS NOT NULL OR r.status = 'SVRE') AND j.channel IN ('sms', 'mms')
    AND j.kind = 'broadcast'
ORDER BY coalesce(r.sent_at, r.done_at) DESC, r.id DESC LIMIT 1;

-- == ending ==

-- name: end_recipients(org_id, job_id, rows, now) -> ending._RecipientState
-- `rows` is JSON: [[id, status, notes, duration_s, keypress, is_voicemail, carrier, parts,
-- cost_micros, claim], …]. With a `claim` only those are ended that it still holds.
WITH r AS MATERIALIZED (
    SELECT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id, value
    FROM json_array_elements(CAST(:rows AS json)) g (value))
UPDATE recipients SET state = 'done', stage = 'Confirmed', due_at = NULL, done_at = :now,
    sent_at = coalesce(sent_at, CASE WHEN r.value ->> 1 = 'SENT' THEN CAST(:now AS BIGINT) END),
    status = r.value ->> 1,
    notes = CASE WHEN r.value ->> 2 = '' THEN notes ELSE r.value ->> 2 END,
    duration_s = CAST(r.value ->> 3 AS BIGINT), keypress = r.value ->> 4,
    is_voicemail = CAST(r.value ->> 5 AS BIGINT),
    carrier = coalesce(r.value ->> 6, carrier),
    parts = coalesce(CAST(r.value ->> 7 AS BIGINT), parts),
    cost_micros = CASE WHEN r.value ->> 1 = 'SENT'
        THEN coalesce(CAST(r.value ->> 8 AS BIGINT), cost_micros) ELSE 0 END,
    fields = CASE WHEN (SELECT kind FROM jobs WHERE org_id = :org_id AND id = :job_id) = 'code'
        THEN '' ELSE fields END
FROM r WHERE recipients.org_id = r.org_id AND recipients.job_id = r.job_id
    AND recipients.id = CAST(r.value ->> 0 AS BIGINT) AND recipients.state <> 'done'
    AND (r.value ->> 9 IS NULL
        OR recipients.state = 'claimed' AND recipients.claim = CAST(r.value ->> 9 AS BIGINT))
RETURNING recipients.id, recipients.status, recipients.cost_micros;

-- name: bounce_sent(org_id, job_id, ids, notes, now) -> (id: RecipientId, cost_micros: int)
-- `ids` is JSON.
WITH w AS MATERIALIZED (
    SELECT DISTINCT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id,
        CAST(value AS BIGINT) AS id
    FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) g (value))
UPDATE recipients r SET status = 'BOUN', notes = :notes, done_at = :now
FROM w WHERE r.org_id = w.org_id AND r.job_id = w.job_id AND r.id = w.id
    AND r.state = 'done' AND r.status = 'SENT'
RETURNING r.id, r.cost_micros;

-- name: list_ends(org_id, job_id, ids)
--     -> (id: RecipientId, status: str, cost_micros: int, quote_micros: int | None, parts: int)
-- `ids` is JSON.
SELECT id, status, cost_micros, quote_micros, parts FROM recipients
WHERE org_id = :org_id AND job_id = :job_id AND state = 'done' AND id IN (
    SELECT CAST(w.value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
ORDER BY id;

-- name: correct_ends(org_id, job_id, rows, now) -> (id: RecipientId)
-- `rows` is JSON: [[id, status before, status, cost_micros, notes, duration_s, keypress,
-- is_voicemail], …].
WITH r AS MATERIALIZED (
    SELECT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id, value
    FROM json_array_elements(CAST(:rows AS json)) g (value))
UPDATE recipients SET status = r.value ->> 2, notes = r.value ->> 4,
    cost_micros = CAST(r.value ->> 3 AS BIGINT), duration_s = CAST(r.value ->> 5 AS BIGINT),
    keypress = r.value ->> 6, is_voicemail = CAST(r.value ->> 7 AS BIGINT),
    done_at = CAST(:now AS BIGINT),
    sent_at = coalesce(sent_at, CASE WHEN r.value ->> 2 = 'SENT' THEN CAST(:now AS BIGINT) END)
FROM r WHERE recipients.org_id = r.org_id AND recipients.job_id = r.job_id
    AND recipients.id = CAST(r.value ->> 0 AS BIGINT)
    AND recipients.state = 'done' AND recipients.status = r.value ->> 1
RETURNING recipients.id;

-- name: note_recipients(org_id, job_id, ids, notes)!
-- `ids` is JSON.
WITH w AS MATERIALIZED (
    SELECT DISTINCT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id,
        CAST(value AS BIGINT) AS id
    FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) g (value))
UPDATE recipients r SET notes = CASE WHEN r.notes = '' THEN :notes ELSE r.notes || ' ' || :notes END
FROM w WHERE r.org_id = w.org_id AND r.job_id = w.job_id AND r.id = w.id;

-- name: clear_cost(org_id, job_id, ids)!
-- `ids` is JSON.
WITH w AS MATERIALIZED (
    SELECT DISTINCT CAST(:org_id AS BIGINT) AS org_id, CAST(:job_id AS BIGINT) AS job_id,
        CAST(value AS BIGINT) AS id
    FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) g (value))
UPDATE recipients r SET cost_micros = 0
FROM w WHERE r.org_id = w.org_id AND r.job_id = w.job_id AND r.id = w.id;

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
JOIN organizations o ON o.org_id = j.org_id
JOIN users u ON u.org_id = j.org_id AND u.id = j.user_id
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
JOIN organizations o ON o.org_id = j.org_id
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
UPDATE network_ids n SET told = r.value ->> 1, told_at = CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value)
WHERE n.carrier = :carrier AND n.network_id = r.value ->> 0
    AND n.shared_at IS NULL AND n.told_at IS NULL
RETURNING n.network_id, n.org_id, n.job_id, n.recipient_id, n.parts;

-- name: correct_network_ids(carrier, rows) -> receiving._MessageRef
-- crosses organizations: a network knows none of them. `rows` is JSON: [[network_id, status], …].
UPDATE network_ids n SET told = r.value ->> 1, is_corrected = 1
FROM json_array_elements(CAST(:rows AS json)) r (value)
WHERE n.carrier = :carrier AND n.network_id = r.value ->> 0
    AND n.shared_at IS NULL AND n.told_at IS NOT NULL
    AND n.told <> r.value ->> 1 AND n.is_corrected = 0
RETURNING n.network_id, n.org_id, n.job_id, n.recipient_id, n.parts;

-- name: list_cancelled_unknown(ids) -> (id: RecipientId)
-- crosses organizations: an account carries the calls of all of them. `ids` is JSON.
SELECT r.id FROM recipients r JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id
WHERE r.id IN (
    SELECT CAST(w.value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
    AND r.state = 'done' AND r.status = 'SVRE'
    AND j.closing_reason <> ''
ORDER BY r.id;

-- name: list_named_addresses(carrier, names) -> (network_id: str, address: str)
-- crosses organizations: a network knows none of them. `names` is JSON.
SELECT n.network_id, r.address FROM network_ids n
JOIN recipients r ON r.org_id = n.org_id AND r.job_id = n.job_id AND r.id = n.recipient_id
WHERE n.carrier = :carrier AND n.network_id IN (
    SELECT w.value FROM jsonb_array_elements_text(CAST(:names AS jsonb)) w (value));

-- name: find_spelled_ids(carrier, names) -> (network_id: str)
-- crosses organizations: a network knows none of them. `names` is JSON.
SELECT network_id FROM network_ids WHERE carrier = :carrier AND shared_at IS NULL
    AND told_at IS NULL AND network_id IN (
        SELECT w.value FROM jsonb_array_elements_text(CAST(:names AS jsonb)) w (value))
UNION
SELECT network_id FROM network_ids WHERE carrier = :carrier AND plain <> ''
    AND shared_at IS NULL AND told_at IS NULL AND plain IN (
        SELECT w.value FROM jsonb_array_elements_text(CAST(:names AS jsonb)) w (value));

-- name: keep_early_reports(carrier, rows, now)!
-- crosses organizations: nobody knows whose they are. `rows` is JSON: [[network_id, report], …].
INSERT INTO early_reports (carrier, network_id, report, at)
SELECT CAST(:carrier AS TEXT), r.value ->> 0, r.value ->> 1, CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value)
ON CONFLICT (carrier, network_id) DO UPDATE SET report = excluded.report;

-- name: take_early_reports(rows) -> (report: str)
-- crosses organizations: a network knows none of them. `rows` is JSON: [[carrier, name], …].
DELETE FROM early_reports WHERE (carrier, network_id) IN (
    SELECT r.value ->> 0, r.value ->> 1 FROM json_array_elements(CAST(:rows AS json)) r (value))
RETURNING report;

-- name: list_named_recipients(ids)
--     -> (org_id: OrgId, job_id: JobId, id: RecipientId, state: str, status: str, channel: str,
--         address: str)
-- crosses organizations: a report has our own number alone. `ids` is JSON.
SELECT p.org_id, p.job_id, p.id, p.state, p.status, j.channel, p.address
FROM recipients p JOIN jobs j ON j.org_id = p.org_id AND j.id = p.job_id
WHERE p.id IN (
    SELECT CAST(w.value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
ORDER BY p.org_id, p.job_id, p.id;

-- == lists ==

-- name: add_entries(org_id, list_id, rows)!
-- `rows` is JSON: [[number, reference, recipient, email, fax, phone, mobile, custom_fields], …].
INSERT INTO list_entries (org_id, list_id, number, reference, recipient, email, fax, phone, mobile,
    custom_fields)
SELECT CAST(:org_id AS BIGINT), CAST(:list_id AS BIGINT), CAST(r.value ->> 0 AS BIGINT),
    r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5, r.value ->> 6,
    r.value ->> 7
FROM json_array_elements(CAST(:rows AS json)) r (value);

-- == starting ==

-- name: list_due_jobs(now, limit) -> (org_id: OrgId, id: JobId)
-- crosses organizations: one loop starts the jobs of all of them.
SELECT org_id, id FROM jobs WHERE due_at IS NOT NULL AND due_at <= :now
    AND NOT EXISTS (
        SELECT 1 FROM work_claims c WHERE c.org_id = jobs.org_id AND c.queue = 'schedule'
            AND c.id = jobs.id AND (c.set_aside_at IS NOT NULL OR c.claimed_until > :now))
ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED;

-- == quotas ==

-- name: lock_file_room(org_id) -> (org_id: OrgId)
-- Two files that are finished at once are counted one after the other.
SELECT org_id FROM organizations WHERE org_id = :org_id FOR NO KEY UPDATE;

-- == reading replies ==

-- name: list_reply_lines(org_id, before: ReplyId, job_id: int, said, lower_said, senders,
--     user_id: int, is_open, limit) -> reading_replies.ReplyLine
-- Zeros and empty texts = any; `senders` is JSON. Replies that were strays have no job.
WITH wanted AS MATERIALIZED (
    SELECT value AS sender FROM jsonb_array_elements_text(
        CAST(CASE :senders WHEN '' THEN '[]' ELSE :senders END AS jsonb)) g (value)),
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
SELECT DISTINCT c.address FROM jsonb_array_elements_text(CAST(:addresses AS jsonb)) a (value)
JOIN consents c ON c.org_id = :org_id AND c.medium = :medium AND c.address = a.value
WHERE c.withdrawn_at IS NULL;
