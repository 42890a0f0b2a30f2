-- name: add_messages(rows, now)!
-- crosses organizations: every row names its own. `rows` is JSON: [[org_id, id, attempt_id, job_id,
-- kind, channel, sender, destination, subject, text, facts, outcome, due_at], …].
INSERT INTO simulated_messages (org_id, id, attempt_id, job_id, kind, channel, sender, destination,
    subject, text, facts, outcome, at, due_at)
SELECT CAST(r.value ->> 0 AS BIGINT), CAST(r.value ->> 1 AS BIGINT), CAST(r.value ->> 2 AS BIGINT),
    CAST(r.value ->> 3 AS BIGINT), r.value ->> 4, r.value ->> 5, r.value ->> 6, r.value ->> 7,
    r.value ->> 8, r.value ->> 9, r.value ->> 10, r.value ->> 11, CAST(:now AS BIGINT),
    CAST(r.value ->> 12 AS BIGINT)
FROM json_array_elements(CAST(:rows AS json)) r (value);

-- name: clear_due(rows)!
-- crosses organizations: every row names its own. `rows` is JSON: [[org_id, id], …].
UPDATE simulated_messages SET due_at = NULL WHERE (org_id, id) IN (
    SELECT CAST(r.value ->> 0 AS BIGINT), CAST(r.value ->> 1 AS BIGINT)
    FROM json_array_elements(CAST(:rows AS json)) r (value));
