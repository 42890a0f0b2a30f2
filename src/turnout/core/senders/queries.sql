-- name: add_domain(org_id, domain: str, now)!
INSERT INTO sender_domains (org_id, domain, created_at) VALUES (:org_id, :domain, :now);

-- name: add_key(org_id, domain: str, selector: str, algorithm: str, private_pem: str, public: str,
--     now)!
INSERT INTO sender_keys (org_id, domain, selector, algorithm, private_pem, public, created_at)
VALUES (:org_id, :domain, :selector, :algorithm, :private_pem, :public, :now);

-- name: list_domains(org_id) -> model.SenderDomain
SELECT d.domain, d.created_at, d.checked_at,
    (SELECT min(k.verified_at) FROM sender_keys k
        WHERE k.org_id = d.org_id AND k.domain = d.domain) AS verified_at,
    d.returning_at
FROM sender_domains d WHERE d.org_id = :org_id ORDER BY d.domain;

-- name: list_keys(org_id, domain: str) -> model.SenderKey
SELECT domain, selector, algorithm, public, verified_at FROM sender_keys
WHERE org_id = :org_id AND domain = :domain ORDER BY algorithm DESC, selector;

-- name: list_signing_keys(org_id)
--     -> (domain: str, selector: str, private_pem: str, return_path: str)
-- Those that are published.
SELECT k.domain, k.selector, k.private_pem,
    CASE WHEN d.returning_at IS NULL THEN '' ELSE 'bounces.' || d.domain END AS return_path
FROM sender_keys k JOIN sender_domains d ON d.org_id = k.org_id AND d.domain = k.domain
WHERE k.org_id = :org_id AND k.verified_at IS NOT NULL
ORDER BY k.domain, k.algorithm DESC, k.selector;

-- name: set_key_verified(org_id, domain: str, selector: str, at: int | None)!
UPDATE sender_keys SET verified_at = :at
WHERE org_id = :org_id AND domain = :domain AND selector = :selector;

-- name: set_checked(org_id, domain: str, returning_at: int | None, now)!
UPDATE sender_domains SET checked_at = :now, returning_at = :returning_at
WHERE org_id = :org_id AND domain = :domain;

-- name: find_due_domain(before: int)^ -> domains.DueDomain | None
-- crosses organizations: a worker looks at each verified one again.
SELECT d.org_id, d.domain FROM sender_domains d
WHERE d.checked_at <= :before AND EXISTS (SELECT 1 FROM sender_keys k
    WHERE k.org_id = d.org_id AND k.domain = d.domain AND k.verified_at IS NOT NULL)
ORDER BY d.checked_at, d.org_id, d.domain LIMIT 1;

-- name: begin_check(org_id, domain: str, before: int, now)!
UPDATE sender_domains SET checked_at = :now
WHERE org_id = :org_id AND domain = :domain AND checked_at <= :before;

-- name: remove_keys(org_id, domain: str)!
DELETE FROM sender_keys WHERE org_id = :org_id AND domain = :domain;

-- name: remove_domain(org_id, domain: str)!
DELETE FROM sender_domains WHERE org_id = :org_id AND domain = :domain;

-- name: list_unproven(limit) -> domains.Unproven
-- crosses organizations: for the operator (`turnout doctor`).
SELECT o.slug AS org, d.domain FROM sender_domains d JOIN organizations o ON o.org_id = d.org_id
WHERE NOT EXISTS (SELECT 1 FROM sender_keys k
    WHERE k.org_id = d.org_id AND k.domain = d.domain AND k.verified_at IS NOT NULL)
ORDER BY o.slug, d.domain LIMIT :limit;
