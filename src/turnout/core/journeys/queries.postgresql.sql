-- name: add_queue_items(org_id, submission_id, items)!
-- `items` is JSON: [[id, pak], …].
INSERT INTO queue_items (org_id, id, submission_id, session_pak, status)
SELECT CAST(:org_id AS BIGINT), CAST(i.value ->> 0 AS BIGINT), CAST(:submission_id AS BIGINT),
    i.value ->> 1, 'queued'
FROM jsonb_array_elements(CAST(:items AS jsonb)) i (value);

-- name: claim_submissions(now, most)
-- crosses organizations: workers serve all of them.
-- The last column is JSON: the items as [[id, pak], …].
SELECT org_id, id, noun, target_id, contact, attempts, (
        SELECT CAST(json_agg(json_build_array(i.id, i.session_pak)) AS TEXT) FROM queue_items i
        WHERE i.org_id = submissions.org_id AND i.submission_id = submissions.id
            AND i.id BETWEEN submissions.id AND submissions.last_item_id)
FROM submissions
WHERE done_at IS NULL AND due_at <= :now ORDER BY due_at, org_id, id LIMIT :most
FOR UPDATE SKIP LOCKED;

-- name: count_items(org_id, ids)$
SELECT count(*) FROM queue_items
WHERE org_id = :org_id AND id IN (
    SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value));

-- name: list_items(org_id, ids, most, skip)
SELECT i.id, i.session_pak, i.status, s.email, i.person_id, i.message
FROM queue_items i JOIN submissions s ON s.org_id = i.org_id AND s.id = i.submission_id
WHERE i.org_id = :org_id AND i.id IN (
    SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(CAST(:ids AS jsonb)) w (value))
ORDER BY i.id LIMIT :most OFFSET :skip;
