-- == accepting ==

-- name: add_recipients(org_id, job_id, rows, now)!
-- `rows` is JSON: [[id, reference, name, destination, address, fields, dedupe_key], …].
INSERT INTO recipients (org_id, job_id, id, reference, name, destination, address, fields,
    dedupe_key, state, due_at)
SELECT CAST(:org_id AS BIGINT), CAST(:job_id AS BIGINT), CAST(r.value ->> 0 AS BIGINT),
    r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5, r.value ->> 6,
    'waiting', CAST(:now AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value)
ON CONFLICT (org_id, job_id, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING;

-- == callbacks ==

-- name: list_ended(org_id, job_id, ids)
-- `ids` is JSON.
SELECT id, reference, name, address, status, duration_s, cost_micros, keypress, is_voicemail,
    carrier, done_at
FROM recipients WHERE org_id = :org_id AND job_id = :job_id AND id IN (
    SELECT CAST(w.value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
ORDER BY id;

-- name: list_new_replies(org_id, ids)
-- `ids` is JSON.
SELECT r.id, r.job_id, r.recipient_id, p.reference, p.name, r.sender, r.text, r.carrier,
    r.received_at
FROM replies r
JOIN recipients p ON p.org_id = r.org_id AND p.job_id = r.job_id AND p.id = r.recipient_id
WHERE r.org_id = :org_id AND r.id IN (
    SELECT CAST(w.value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
ORDER BY r.id;
