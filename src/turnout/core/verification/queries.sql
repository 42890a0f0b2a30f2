-- name: find_nth_code(org_id, purpose, client_key, skipped: int, ahead)$ -> int | None
-- When the code was sent that `skipped` later ones followed; those of the future do not count.
SELECT created_at FROM verification_codes
WHERE org_id = :org_id AND purpose = :purpose AND client_key = :client_key
    AND created_at <= :ahead
ORDER BY created_at DESC LIMIT 1 OFFSET :skipped;

-- name: find_nth_code_to(org_id, purpose, destination_key, skipped: int, ahead)$ -> int | None
-- The same for a destination, whatever it is for.
SELECT created_at FROM verification_codes
WHERE org_id = :org_id AND purpose = :purpose AND destination_key = :destination_key
    AND created_at <= :ahead
ORDER BY created_at DESC LIMIT 1 OFFSET :skipped;

-- name: find_nth_code_of(org_id, user_id, skipped: int, ahead)$ -> int | None
-- The same for the user who sent it.
SELECT created_at FROM verification_codes
WHERE org_id = :org_id AND user_id = :user_id AND created_at <= :ahead
ORDER BY created_at DESC LIMIT 1 OFFSET :skipped;

-- name: add_code(org_id, purpose, client_key, id: int, user_id, destination_key, digest, now)!
INSERT INTO verification_codes
    (org_id, purpose, client_key, id, user_id, destination_key, digest, created_at)
VALUES (:org_id, :purpose, :client_key, :id, :user_id, :destination_key, :digest, :now);

-- name: end_codes(org_id, purpose, client_key, now)!
UPDATE verification_codes SET used_at = :now
WHERE org_id = :org_id AND purpose = :purpose AND client_key = :client_key AND used_at IS NULL;

-- name: find_good_code(org_id, purpose, client_key, over: int, ahead)$ -> int | None
SELECT id FROM verification_codes
WHERE org_id = :org_id AND purpose = :purpose AND client_key = :client_key
    AND used_at IS NULL AND created_at > :over AND created_at <= :ahead
LIMIT 1;

-- name: use_code(org_id, purpose, client_key, digest, now, over: int, ahead)!
UPDATE verification_codes SET used_at = :now
WHERE org_id = :org_id AND purpose = :purpose AND client_key = :client_key AND digest = :digest
    AND used_at IS NULL AND created_at > :over AND created_at <= :ahead;

-- name: list_old_codes(before, limit) -> (org_id: OrgId, purpose: str, client_key: str, id: int)
-- crosses organizations: old codes are deleted for all of them.
SELECT org_id, purpose, client_key, id FROM verification_codes
WHERE created_at < :before ORDER BY created_at LIMIT :limit;

-- name: delete_code(org_id, purpose, client_key, id)*!
DELETE FROM verification_codes
WHERE org_id = :org_id AND purpose = :purpose AND client_key = :client_key AND id = :id;

-- name: find_secret(name)$ -> str | None
-- crosses organizations: the key is the installation's.
SELECT secret FROM installation_secrets WHERE name = :name;

-- name: add_secret(name, secret, now)!
-- crosses organizations: the key is the installation's.
INSERT INTO installation_secrets (name, secret, created_at) VALUES (:name, :secret, :now)
ON CONFLICT (name) DO NOTHING;

-- name: restart_codes(now, ahead)!
-- crosses organizations: the clock is one for all of them.
UPDATE verification_codes SET created_at = :now WHERE created_at > :ahead;
