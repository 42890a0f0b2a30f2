-- == templates ==

-- name: find_template(org_id, event_id)^
--     -> (title: str, text: str, signer: str, minimum_minutes: int) | None
SELECT title, text, signer, minimum_minutes FROM certificate_templates
WHERE org_id = :org_id AND event_id = :event_id;

-- name: set_template(org_id, event_id, title, text, signer, minimum_minutes: int)!
INSERT INTO certificate_templates (org_id, event_id, title, text, signer, minimum_minutes)
VALUES (:org_id, :event_id, :title, :text, :signer, :minimum_minutes)
ON CONFLICT (org_id, event_id) DO UPDATE SET
    title = excluded.title, text = excluded.text, signer = excluded.signer,
    minimum_minutes = excluded.minimum_minutes;

-- == issuing ==

-- name: list_entitled(org_id, event_id, after: RegistrationId, limit, least_seconds: int)
--     -> (registration_id: RegistrationId, checked_in_at: int | None, seconds: int)
-- Registrations without a certificate of those who were checked in, or watched for so long (0 = it
-- does not count). The time watched is what reports say.
SELECT id, checked_in_at, seconds FROM (
    SELECT r.id AS id,
        (SELECT min(t.checked_in_at) FROM tickets t
            WHERE t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid'
        ) AS checked_in_at,
        coalesce((SELECT CAST(sum(v.ends_at - v.starts_at) AS BIGINT) FROM viewings v
            WHERE v.org_id = r.org_id AND v.event_id = r.event_id AND v.registration_id = r.id
        ), 0) / 1000 AS seconds
    FROM registrations r
    WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
        AND r.id > :after AND NOT EXISTS (
            SELECT 1 FROM certificates c WHERE c.org_id = r.org_id AND c.registration_id = r.id)
    ) attended
WHERE checked_in_at IS NOT NULL OR (:least_seconds > 0 AND seconds >= :least_seconds)
ORDER BY id LIMIT :limit;

-- name: add_certificate(org_id, registration_id, event_id, code, minutes: int, now)!
INSERT INTO certificates (org_id, registration_id, event_id, code, minutes, issued_at)
VALUES (:org_id, :registration_id, :event_id, :code, :minutes, :now)
ON CONFLICT (org_id, registration_id) DO NOTHING;

-- name: list_certificates(org_id, event_id, after: RegistrationId, limit, code)
--     -> (registration_id: RegistrationId, code: str, first_name: str, last_name: str, email: str,
--         minutes: int, issued_at: int, mailed_at: int | None, withdrawn_at: int | None,
--         language: str)
-- Those of an event after a registration; `code` empty = all.
SELECT c.registration_id, c.code, p.first_name, p.last_name, p.email, c.minutes, c.issued_at,
    c.mailed_at, c.withdrawn_at, r.language
FROM certificates c
JOIN registrations r ON r.org_id = c.org_id AND r.id = c.registration_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE c.org_id = :org_id AND c.event_id = :event_id AND c.registration_id > :after
    AND (:code = '' OR c.code = :code)
ORDER BY c.registration_id LIMIT :limit;

-- name: find_certificate(org_id, code)^
--     -> (event_id: EventId, first_name: str, last_name: str, minutes: int, issued_at: int,
--         withdrawn_at: int | None) | None
SELECT c.event_id, p.first_name, p.last_name, c.minutes, c.issued_at, c.withdrawn_at
FROM certificates c
JOIN registrations r ON r.org_id = c.org_id AND r.id = c.registration_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE c.org_id = :org_id AND c.code = :code;

-- name: mark_mailed(org_id, registration_id, now)!
UPDATE certificates SET mailed_at = :now
WHERE org_id = :org_id AND registration_id = :registration_id AND withdrawn_at IS NULL;

-- name: withdraw_certificate(org_id, code, now)$ -> RegistrationId | None
UPDATE certificates SET withdrawn_at = coalesce(withdrawn_at, :now)
WHERE org_id = :org_id AND code = :code
RETURNING registration_id;
