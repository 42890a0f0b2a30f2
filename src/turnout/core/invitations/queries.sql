-- name: add_campaign(org_id, id: CampaignId, event_id, ticket_type_id, name, subject,
--     sender_email, sender_name, body, user_id, sti, now)!
INSERT INTO campaigns (org_id, id, event_id, ticket_type_id, name, subject, sender_email,
    sender_name, body, user_id, sti, created_at, updated_at)
VALUES (:org_id, :id, :event_id, :ticket_type_id, :name, :subject, :sender_email, :sender_name,
    :body, :user_id, :sti, :now, :now);

-- name: list_campaigns(org_id, event_id) -> campaigns.Campaign
SELECT c.id, c.event_id, c.ticket_type_id, c.name, c.subject, c.sender_email, c.sender_name, c.body,
    c.user_id, c.sent_at, c.sti
FROM campaigns c WHERE c.org_id = :org_id AND c.event_id = :event_id ORDER BY c.id;

-- name: get_campaign(org_id, id: CampaignId)^ -> campaigns.Campaign | None
SELECT id, event_id, ticket_type_id, name, subject, sender_email, sender_name, body, user_id,
    sent_at, sti
FROM campaigns WHERE org_id = :org_id AND id = :id;

-- name: mark_campaign_sent(org_id, id: CampaignId, now)!
UPDATE campaigns SET sent_at = coalesce(sent_at, :now), updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: count_answers(org_id, event_id) -> (campaign_id: CampaignId, state: str, total: int)
SELECT campaign_id, state, count(*) FROM invitation_states
WHERE org_id = :org_id AND event_id = :event_id GROUP BY campaign_id, state;

-- name: add_invitation(org_id, id: InviteeId, uuid, campaign_id, event_id, person_id, now)!
-- 0 rows when the person is invited already.
INSERT INTO invitations (org_id, id, uuid, campaign_id, event_id, person_id, created_at, updated_at)
VALUES (:org_id, :id, :uuid, :campaign_id, :event_id, :person_id, :now, :now)
ON CONFLICT (org_id, campaign_id, person_id) DO NOTHING;

-- name: list_invitees(org_id, event_id, campaign_id, id: InviteeId, email, first_name,
--     last_name, state)
--     -> invitees.Invitee
-- `campaign_id` and `id` 0, texts empty = any; texts in lower case.
SELECT i.id, i.campaign_id, i.person_id, p.email, p.first_name, p.last_name, i.state,
    t.code AS ticket_code
FROM invitation_states i
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id
LEFT JOIN tickets t ON t.org_id = i.org_id AND t.id = i.ticket_id
WHERE i.org_id = :org_id AND i.event_id = :event_id
    AND (:campaign_id = 0 OR i.campaign_id = :campaign_id) AND (:id = 0 OR i.id = :id)
    AND (:email = '' OR lower(p.email) = :email)
    AND (:first_name = '' OR lower(p.first_name) = :first_name)
    AND (:last_name = '' OR lower(p.last_name) = :last_name)
    AND (:state = '' OR i.state = :state)
ORDER BY i.id;

-- name: list_unsent(org_id, campaign_id, is_reminder, after, limit)
--     -> (id: InviteeId, email: str, first_name: str, last_name: str)
-- Those who have not been written to; with `is_reminder`, those who have not answered.
SELECT i.id, p.email, p.first_name, p.last_name
FROM invitation_states i
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id
WHERE i.org_id = :org_id AND i.campaign_id = :campaign_id AND i.id > :after AND i.state = 'pending'
    AND (:is_reminder = 1 OR i.sent_at IS NULL) AND p.email <> ''
ORDER BY i.id LIMIT :limit;

-- name: mark_invitations_sent(org_id, campaign_id, until, now)!
UPDATE invitations SET sent_at = :now
WHERE org_id = :org_id AND campaign_id = :campaign_id AND id <= :until AND id IN (
    SELECT s.id FROM invitation_states s
    WHERE s.org_id = :org_id AND s.campaign_id = :campaign_id AND s.state = 'pending');

-- name: lock_invitation(org_id, id: InviteeId)^
--     -> (campaign_id: CampaignId, event_id: EventId, person_id: PersonId) | None
-- Held until this transaction ends: an answer is decided by one at a time.
UPDATE invitations SET updated_at = updated_at WHERE org_id = :org_id AND id = :id
RETURNING campaign_id, event_id, person_id;

-- name: find_state(org_id, id: InviteeId)^ -> (state: str, ticket_id: TicketId | None)
SELECT state, ticket_id FROM invitation_states WHERE org_id = :org_id AND id = :id;

-- name: has_come(org_id, event_id, person_id, id: InviteeId)$ -> int | None
-- Whether somebody came in with a ticket that the invitation gave.
SELECT 1 FROM registrations r
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.person_id = :person_id
    AND r.state = 'confirmed' AND t.state = 'valid' AND t.granted_by = 'invitation'
    AND t.grant_id = :id AND t.checked_in_at IS NOT NULL
LIMIT 1;

-- name: set_declined(org_id, id: InviteeId, declined_after: int, now)!
UPDATE invitations SET declined_at = :now, declined_after = :declined_after, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: clear_declined(org_id, id: InviteeId, now)!
UPDATE invitations SET declined_at = NULL, declined_after = 0, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: find_invitation(id: InviteeId)^ -> (org_id: OrgId, event_id: EventId) | None
-- crosses organizations: a personal link leads to its invitation, and so to the organization.
SELECT org_id, event_id FROM invitations WHERE id = :id;

-- name: find_answers(org_id, event_id, person_id)$ -> str | None
-- JSON: what the person submitted, whether they are registered still or not.
SELECT answers FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id AND sitting = 0;
