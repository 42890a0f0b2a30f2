-- name: add_campaign(org_id, id: CampaignId, event_id, ticket_type_id, name, subject,
--     sender_email, sender_name, body, reminder_subject: str, reminder_body: str, user_id, sti,
--     now)!
INSERT INTO campaigns (org_id, id, event_id, ticket_type_id, name, subject, sender_email,
    sender_name, body, reminder_subject, reminder_body, user_id, sti, created_at, updated_at)
VALUES (:org_id, :id, :event_id, :ticket_type_id, :name, :subject, :sender_email, :sender_name,
    :body, :reminder_subject, :reminder_body, :user_id, :sti, :now, :now);

-- name: list_campaigns(org_id, event_id) -> campaigns.Campaign
SELECT c.id, c.event_id, c.ticket_type_id, c.name, c.subject, c.sender_email, c.sender_name, c.body,
    c.user_id, c.sent_at, c.sti, c.reminder_subject, c.reminder_body, c.send_local, c.send_at,
    c.remind_local, c.remind_at, c.planned_by, c.refusal
FROM campaigns c WHERE c.org_id = :org_id AND c.event_id = :event_id ORDER BY c.id;

-- name: get_campaign(org_id, id: CampaignId)^ -> campaigns.Campaign | None
SELECT id, event_id, ticket_type_id, name, subject, sender_email, sender_name, body, user_id,
    sent_at, sti, reminder_subject, reminder_body, send_local, send_at, remind_local, remind_at,
    planned_by, refusal
FROM campaigns WHERE org_id = :org_id AND id = :id;

-- name: set_campaign(org_id, id: CampaignId, name, subject, sender_email, sender_name, body,
--     reminder_subject: str, reminder_body: str, now)!
UPDATE campaigns SET name = :name, subject = :subject, sender_email = :sender_email,
    sender_name = :sender_name, body = :body, reminder_subject = :reminder_subject,
    reminder_body = :reminder_body, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: lock_campaign(org_id, id: CampaignId)!
-- Held until this transaction ends.
UPDATE campaigns SET updated_at = updated_at WHERE org_id = :org_id AND id = :id;

-- name: set_send_plan(org_id, id: CampaignId, local: str, at: int | None, planned_by: str, now)!
UPDATE campaigns SET send_local = :local, send_at = CAST(:at AS BIGINT), planned_by = :planned_by,
    refusal = '', updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_remind_plan(org_id, id: CampaignId, local: str, at: int | None, planned_by: str, now)!
UPDATE campaigns SET remind_local = :local, remind_at = CAST(:at AS BIGINT),
    planned_by = :planned_by, refusal = '', updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_refusal(org_id, id: CampaignId, refusal: str)!
UPDATE campaigns SET refusal = :refusal WHERE org_id = :org_id AND id = :id;

-- name: list_due_plans(now, limit) -> (org_id: OrgId, id: CampaignId)
-- crosses organizations: the worker serves all of them.
SELECT d.org_id, d.id FROM (
    SELECT org_id, id, send_at AS due_at FROM campaigns WHERE send_at <= :now
    UNION ALL
    SELECT org_id, id, remind_at AS due_at FROM campaigns WHERE remind_at <= :now
) d WHERE NOT EXISTS (
    SELECT 1 FROM work_claims w WHERE w.org_id = d.org_id AND w.queue = 'invitation'
        AND w.id = d.id AND (w.set_aside_at IS NOT NULL OR w.claimed_until > :now))
GROUP BY d.org_id, d.id ORDER BY min(d.due_at), d.org_id, d.id LIMIT :limit;

-- name: list_registered(org_id, campaign_id) -> (person_id: PersonId, id: RegistrationId)
-- Who in a campaign is registered for its event.
SELECT r.person_id, r.id FROM invitations i
JOIN registrations r ON r.org_id = i.org_id AND r.event_id = i.event_id
    AND r.person_id = i.person_id AND r.state = 'confirmed'
WHERE i.org_id = :org_id AND i.campaign_id = :campaign_id;

-- name: list_planned(org_id, event_id, limit) -> planning.PlannedMail
-- What goes at a time, the next first; `event_id` 0 = of any event.
SELECT c.id AS campaign_id, c.event_id, e.timezone, c.name, d.is_reminder, d.due_at AS at FROM (
    SELECT id, 0 AS is_reminder, send_at AS due_at FROM campaigns
    WHERE org_id = :org_id AND send_at > 0
    UNION ALL
    SELECT id, 1 AS is_reminder, remind_at AS due_at FROM campaigns
    WHERE org_id = :org_id AND remind_at > 0
) d JOIN campaigns c ON c.org_id = :org_id AND c.id = d.id
JOIN events e ON e.org_id = c.org_id AND e.id = c.event_id
WHERE :event_id = 0 OR c.event_id = :event_id
ORDER BY d.due_at, d.id, d.is_reminder LIMIT :limit;

-- name: delete_invitation(org_id, id: InviteeId)!
DELETE FROM invitations WHERE org_id = :org_id AND id = :id;

-- name: count_unsent(org_id, campaign_id)^ -> (first: int, reminder: int, unreachable: int)
-- How many would be written to first, how many reminded, and how many have no address.
SELECT coalesce(sum(CASE WHEN p.email <> '' AND i.sent_at IS NULL THEN 1 ELSE 0 END), 0) AS first,
    coalesce(sum(CASE WHEN p.email <> '' AND i.sent_at IS NOT NULL THEN 1 ELSE 0 END), 0)
        AS reminder,
    coalesce(sum(CASE WHEN p.email = '' AND p.merged_into IS NULL THEN 1 ELSE 0 END), 0)
        AS unreachable
FROM invitation_states i
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id
WHERE i.org_id = :org_id AND i.campaign_id = :campaign_id AND i.state = 'pending';

-- name: mark_campaign_sent(org_id, id: CampaignId, now)!
UPDATE campaigns SET sent_at = coalesce(sent_at, :now), updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: count_answers(org_id, event_id) -> (campaign_id: CampaignId, state: str, total: int)
SELECT i.campaign_id, i.state, count(*) FROM invitation_states i
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id AND p.merged_into IS NULL
WHERE i.org_id = :org_id AND i.event_id = :event_id GROUP BY i.campaign_id, i.state;

-- name: add_invitation(org_id, id: InviteeId, uuid, campaign_id, event_id, person_id, now)!
-- 0 rows when the person is invited already.
INSERT INTO invitations (org_id, id, uuid, campaign_id, event_id, person_id, created_at, updated_at)
VALUES (:org_id, :id, :uuid, :campaign_id, :event_id, :person_id, :now, :now)
ON CONFLICT (org_id, campaign_id, person_id) DO NOTHING;

-- name: list_invitees(org_id, event_id, campaign_id, id: InviteeId, email, first_name,
--     last_name, state)
--     -> invitees.Invitee
-- `campaign_id` and `id` 0, texts empty = any; texts in lower case. What stays with somebody who
-- was merged is the other's (find_invitation).
SELECT i.id, i.campaign_id, i.person_id, p.email, p.first_name, p.last_name, i.state,
    t.code AS ticket_code, n.sent_at, n.reminded_at, n.reminders
FROM invitation_states i
JOIN invitations n ON n.org_id = i.org_id AND n.id = i.id
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id AND p.merged_into IS NULL
LEFT JOIN tickets t ON t.org_id = i.org_id AND t.id = i.ticket_id
WHERE i.org_id = :org_id AND i.event_id = :event_id
    AND (:campaign_id = 0 OR i.campaign_id = :campaign_id) AND (:id = 0 OR i.id = :id)
    AND (:email = '' OR lower(p.email) = :email)
    AND (:first_name = '' OR lower(p.first_name) = :first_name)
    AND (:last_name = '' OR lower(p.last_name) = :last_name)
    AND (:state = '' OR i.state = :state)
ORDER BY i.id;

-- name: mark_invitations_sent(org_id, campaign_id, until, now)!
-- Those whom `list_slice` named and who are to be written to.
UPDATE invitations SET sent_at = :now
WHERE org_id = :org_id AND campaign_id = :campaign_id AND id <= :until AND sent_at IS NULL
    AND id IN (
        SELECT s.id FROM invitation_states s
        JOIN people p ON p.org_id = s.org_id AND p.id = s.person_id
        WHERE s.org_id = :org_id AND s.campaign_id = :campaign_id AND s.state = 'pending'
            AND p.email <> '');

-- name: mark_reminded(org_id, campaign_id, until, now)!
-- Those whom `list_slice` named and who are to be written to.
UPDATE invitations SET reminded_at = :now, reminders = reminders + 1
WHERE org_id = :org_id AND campaign_id = :campaign_id AND id <= :until AND sent_at IS NOT NULL
    AND id IN (
    SELECT s.id FROM invitation_states s
    JOIN people p ON p.org_id = s.org_id AND p.id = s.person_id
    WHERE s.org_id = :org_id AND s.campaign_id = :campaign_id AND s.state = 'pending'
        AND p.email <> '');

-- name: lock_invitation(org_id, id: InviteeId)^
--     -> (campaign_id: CampaignId, event_id: EventId, person_id: PersonId) | None
-- Held until this transaction ends: an answer is decided by one at a time.
UPDATE invitations SET updated_at = updated_at WHERE org_id = :org_id AND id = :id
    AND EXISTS (SELECT 1 FROM people p WHERE p.org_id = invitations.org_id
        AND p.id = invitations.person_id AND p.merged_into IS NULL)
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
UPDATE invitations
SET declined_at = :now, declined_after = :declined_after, confirmed_at = NULL, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_confirmed(org_id, id: InviteeId, confirmed_at: int, now)!
-- `confirmed_at` is not before the ticket that it confirms was made.
UPDATE invitations
SET confirmed_at = :confirmed_at, declined_at = NULL, declined_after = 0, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: find_successor(org_id, event_id, person_id, id: InviteeId, ticket_type_id, made_at: int)$
--     -> InviteeId | None
-- The first other invitation to a type that the person confirmed while they had a ticket that was
-- made then, that they did not decline since, and that gave no ticket itself.
SELECT i.id FROM invitations i
JOIN campaigns c ON c.org_id = i.org_id AND c.id = i.campaign_id
WHERE i.org_id = :org_id AND i.event_id = :event_id AND i.person_id = :person_id AND i.id <> :id
    AND c.ticket_type_id = :ticket_type_id AND i.declined_at IS NULL
    AND i.confirmed_at >= :made_at AND NOT EXISTS (
        SELECT 1 FROM registrations r
        JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
        WHERE r.org_id = i.org_id AND r.event_id = i.event_id AND r.person_id = i.person_id
            AND t.state = 'valid' AND t.granted_by = 'invitation' AND t.grant_id = i.id)
ORDER BY i.confirmed_at, i.id LIMIT 1;

-- name: find_invitation(id: InviteeId)^ -> (org_id: OrgId, event_id: EventId, id: InviteeId) | None
-- crosses organizations: a personal link leads to its invitation, and so to the organization. That
-- of somebody who was merged leads to the kept person's; none for somebody who was erased.
SELECT a.org_id, a.event_id, a.id FROM invitations i
JOIN people p ON p.org_id = i.org_id AND p.id = i.person_id
JOIN invitations a ON a.org_id = i.org_id AND a.campaign_id = i.campaign_id
    AND a.person_id = coalesce(p.merged_into, i.person_id)
WHERE i.id = :id AND NOT EXISTS (
    SELECT 1 FROM erasures x WHERE x.org_id = a.org_id AND x.person_id = a.person_id);

-- name: is_erased(org_id, person_id)$ -> int | None
SELECT 1 FROM erasures WHERE org_id = :org_id AND person_id = :person_id;

-- name: find_answers(org_id, event_id, person_id)$ -> str | None
-- JSON: what the person submitted, whether they are registered still or not.
SELECT answers FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND person_id = :person_id AND sitting = 0;
