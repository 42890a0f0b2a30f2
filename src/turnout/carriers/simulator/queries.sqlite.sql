-- name: add_messages(rows, now)!
-- crosses organizations: every row names its own. `rows` is JSON: [[org_id, id, attempt_id, job_id,
-- kind, channel, sender, destination, subject, text, facts, outcome, due_at], …].
INSERT INTO simulated_messages (org_id, id, attempt_id, job_id, kind, channel, sender, destination,
    subject, text, facts, outcome, at, due_at)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
    r.value ->> 6, r.value ->> 7, r.value ->> 8, r.value ->> 9, r.value ->> 10, r.value ->> 11,
    :now, r.value ->> 12
FROM json_each(:rows) r;

-- name: clear_due(rows)!
-- crosses organizations: every row names its own. `rows` is JSON: [[org_id, id], …].
UPDATE simulated_messages SET due_at = NULL WHERE (org_id, id) IN (
    SELECT r.value ->> 0, r.value ->> 1 FROM json_each(:rows) r);
