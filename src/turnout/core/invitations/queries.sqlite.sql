-- name: list_slice(org_id, campaign_id, is_reminder, after, limit)
--     -> (id: InviteeId, state: str, email: str, first_name: str, last_name: str)
-- The next so many who have not been written to; with `is_reminder`, who were. Some of them may not
-- be for writing to: they have answered, or have no address.
SELECT i.id, i.state, p.email, p.first_name, p.last_name
FROM invitation_states i
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id
WHERE i.org_id = :org_id AND i.id IN (
    SELECT n.id FROM invitations n
    WHERE n.org_id = :org_id AND n.campaign_id = :campaign_id AND n.id > :after
        AND (CASE WHEN n.sent_at IS NULL THEN 0 ELSE 1 END) = :is_reminder
    ORDER BY n.id LIMIT :limit)
ORDER BY i.id;
