-- name: list_double_waits(org_id, kept_id: PersonId, other_id: PersonId) -> (id: EntryId)
-- Open entries that one person would have too many: the newer of two, any beside a registration.
SELECT w.id FROM waiting_entries w
WHERE w.org_id = :org_id AND w.person_id IN (:kept_id, :other_id)
    AND w.state IN ('waiting', 'offered')
    AND (EXISTS (SELECT 1 FROM waiting_entries o
            WHERE o.org_id = w.org_id AND o.event_id = w.event_id
                AND o.person_id IN (:kept_id, :other_id) AND o.person_id <> w.person_id
                AND o.state IN ('waiting', 'offered') AND o.id < w.id)
        OR EXISTS (SELECT 1 FROM registrations r
            WHERE r.org_id = w.org_id AND r.event_id = w.event_id AND r.sitting = 0
                AND r.person_id IN (:kept_id, :other_id) AND r.person_id <> w.person_id
                AND r.state = 'confirmed'))
ORDER BY w.id;

-- name: list_pairs(org_id, kept_id: PersonId, other_id: PersonId)
--     -> (kept: RegistrationId, other: RegistrationId)
SELECT a.id, b.id FROM registrations a
JOIN registrations b ON b.org_id = a.org_id AND b.event_id = a.event_id AND b.sitting = a.sitting
WHERE a.org_id = :org_id AND a.person_id = :kept_id AND b.person_id = :other_id
ORDER BY a.event_id;

-- name: hand_over(org_id, id: RegistrationId, person_id, sitting: int)!
UPDATE registrations SET person_id = :person_id, sitting = :sitting
WHERE org_id = :org_id AND id = :id;

-- name: move_registrations(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE registrations SET person_id = :to_id
WHERE org_id = :org_id AND person_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM registrations o WHERE o.org_id = registrations.org_id
        AND o.person_id = :to_id AND o.event_id = registrations.event_id
        AND o.sitting = registrations.sitting);

-- name: move_waiting_entries(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE waiting_entries SET person_id = :to_id WHERE org_id = :org_id AND person_id = :from_id;

-- name: move_invitations(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE invitations SET person_id = :to_id
WHERE org_id = :org_id AND person_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM invitations o WHERE o.org_id = invitations.org_id
        AND o.campaign_id = invitations.campaign_id AND o.person_id = :to_id);

-- name: move_candidates(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE exam_registrations SET person_id = :to_id WHERE org_id = :org_id AND person_id = :from_id;

-- name: move_parties(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE parties SET contact_id = :to_id WHERE org_id = :org_id AND contact_id = :from_id;

-- name: move_queue_items(org_id, from_id: PersonId, to_id: PersonId)!
UPDATE queue_items SET person_id = :to_id WHERE org_id = :org_id AND person_id = :from_id;

-- name: move_ticket(org_id, id: TicketId, to_id: RegistrationId, now)!
UPDATE tickets SET registration_id = :to_id, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: move_bookings(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE session_bookings SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM session_bookings o WHERE o.org_id = session_bookings.org_id
        AND o.registration_id = :to_id AND o.session_id = session_bookings.session_id);

-- name: move_notes(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE registration_notes SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM registration_notes o WHERE o.org_id = registration_notes.org_id
        AND o.registration_id = :to_id AND o.id = registration_notes.id);

-- name: move_tags(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE registration_tags SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM registration_tags o WHERE o.org_id = registration_tags.org_id
        AND o.registration_id = :to_id AND o.tag_key = registration_tags.tag_key);

-- name: move_viewings(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE viewings SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM viewings o WHERE o.org_id = viewings.org_id
        AND o.event_id = viewings.event_id AND o.registration_id = :to_id
        AND o.mode = viewings.mode AND o.session_id = viewings.session_id
        AND o.starts_at <= viewings.ends_at AND o.ends_at >= viewings.starts_at);

-- name: move_questions(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE questions SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id;

-- name: move_survey_answers(org_id, from_id: RegistrationId, to_id: RegistrationId)!
UPDATE survey_answers SET registration_id = :to_id
WHERE org_id = :org_id AND registration_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM survey_answers o WHERE o.org_id = survey_answers.org_id
        AND o.event_id = survey_answers.event_id AND o.registration_id = :to_id
        AND o.is_poll = survey_answers.is_poll AND o.survey_id = survey_answers.survey_id);

-- name: list_parts(org_id, person_id) -> (event: str, what: str, state: str, at: int)
SELECT e.title, x.what, x.state, x.created_at
FROM (
    SELECT event_id, CASE sitting WHEN 0 THEN 'registration' ELSE 'exam' END AS what, state,
        created_at
    FROM registrations WHERE org_id = :org_id AND person_id = :person_id
    UNION ALL
    SELECT event_id, 'waiting list', state, created_at
    FROM waiting_entries WHERE org_id = :org_id AND person_id = :person_id
    UNION ALL
    SELECT event_id, 'invitation',
        CASE WHEN declined_at IS NOT NULL THEN 'declined' WHEN sent_at IS NOT NULL THEN 'sent'
            ELSE 'not sent' END,
        created_at
    FROM invitations WHERE org_id = :org_id AND person_id = :person_id
) x
JOIN events e ON e.org_id = :org_id AND e.id = x.event_id
ORDER BY x.created_at, x.what, e.id;
