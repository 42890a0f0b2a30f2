-- name: store_address(url, is_set, now)!
-- crosses organizations: the installation has one address.
-- An address that an operator has set is not replaced by one at which a server merely listens.
INSERT INTO site_address (id, url, is_set, stored_at)
VALUES (1, :url, CAST(:is_set AS BIGINT), :now)
ON CONFLICT (id) DO UPDATE
SET url = excluded.url, is_set = excluded.is_set, stored_at = excluded.stored_at
WHERE excluded.is_set >= site_address.is_set;

-- name: find_address()$ -> str | None
-- crosses organizations: the installation has one address.
SELECT url FROM site_address WHERE id = 1;

-- name: find_stored_address()^ -> address.StoredAddress | None
-- crosses organizations: the installation has one address.
SELECT url, is_set FROM site_address WHERE id = 1;
