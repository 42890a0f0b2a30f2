-- name: add_callbacks(org_id, rows, now, give_up_at)!
-- `rows` is JSON: [[id, uuid, job_id, recipient_id, url, host, body, carrier], …].
INSERT INTO callbacks (org_id, id, uuid, job_id, recipient_id, url, host, body, carrier, state,
    created_at, due_at, give_up_at)
SELECT :org_id, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4,
    r.value ->> 5, r.value ->> 6, r.value ->> 7, 'waiting', :now, :now, :give_up_at
FROM json_each(:rows) r;

-- name: claim_callbacks(org_id, host, now, lease_now, lease_end: int, limit)
--     -> (org_id: OrgId, id: CallbackId, uuid: str, url: str, host: str, body: str, carrier: str,
--         attempts: int, until: int)
UPDATE callbacks SET state = 'claimed', due_at = :lease_end
WHERE org_id = :org_id AND id IN (
    SELECT id FROM callbacks INDEXED BY callbacks_turn
    WHERE due_at IS NOT NULL AND org_id = :org_id AND host = :host AND due_at <= :now
        AND (state <> 'claimed' OR due_at <= :lease_now)
    ORDER BY due_at, id LIMIT :limit)
RETURNING org_id, id, uuid, url, host, body, carrier, attempts, due_at AS until;

-- name: list_held_callbacks(keys) -> (org_id: OrgId, id: CallbackId)
-- crosses organizations: workers serve all of them. The one writer holds every row.
SELECT org_id, id FROM callbacks WHERE :keys IS NULL;
