-- name: add_ticket(org_id, id, code, registration_id, ticket_type_id, now)!
-- 0 rows when the code is taken.
INSERT INTO tickets
    (org_id, id, code, registration_id, ticket_type_id, state, created_at, updated_at)
VALUES (:org_id, :id, :code, :registration_id, :ticket_type_id, 'valid', :now, :now)
ON CONFLICT (org_id, code) DO NOTHING;

-- name: list_tickets(org_id, registration_id)
SELECT id, code, ticket_type_id, state FROM tickets
WHERE org_id = :org_id AND registration_id = :registration_id ORDER BY id;

-- name: cancel_tickets(org_id, registration_id, now)!
UPDATE tickets SET state = 'cancelled', updated_at = :now
WHERE org_id = :org_id AND registration_id = :registration_id AND state = 'valid';

-- name: list_ticket_keys(org_id)
-- The one that signs first.
SELECT kid, private_key, public_key, created_at, retired_at, revoked_at FROM ticket_keys
WHERE org_id = :org_id ORDER BY CASE WHEN retired_at IS NULL THEN 0 ELSE 1 END, created_at DESC;

-- name: add_ticket_key(org_id, kid, private_key, public_key, now)!
INSERT INTO ticket_keys (org_id, kid, private_key, public_key, created_at)
VALUES (:org_id, :kid, :private_key, :public_key, :now) ON CONFLICT (org_id, kid) DO NOTHING;

-- name: retire_ticket_keys(org_id, kid, now)!
-- All but the one named.
UPDATE ticket_keys SET retired_at = coalesce(retired_at, :now), private_key = ''
WHERE org_id = :org_id AND kid <> :kid;

-- name: revoke_ticket_key(org_id, kid, now)!
UPDATE ticket_keys SET revoked_at = :now
WHERE org_id = :org_id AND kid = :kid AND revoked_at IS NULL;

-- name: revoke_ticket_keys(org_id, kid, now)!
-- All but the one named.
UPDATE ticket_keys SET revoked_at = coalesce(revoked_at, :now)
WHERE org_id = :org_id AND kid <> :kid;

-- name: set_ticket_type(org_id, registration_id, ticket_type_id, now)!
UPDATE tickets SET ticket_type_id = :ticket_type_id, updated_at = :now
WHERE org_id = :org_id AND registration_id = :registration_id AND state = 'valid';
