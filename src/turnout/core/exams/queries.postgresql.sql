-- name: lock_sitting(org_id, uuid)^ -> Sitting | None
SELECT r.id AS registration_id, r.uuid, r.event_id, r.person_id, r.ticket_type_id, r.state,
    s.form_id, s.time_limit, s.attendance
FROM registrations r
JOIN exam_registrations s ON s.org_id = r.org_id AND s.registration_id = r.id
WHERE r.org_id = :org_id AND r.uuid = :uuid FOR UPDATE;
