-- name: add_name(namespace, name, org_id, noun, target_id: int)!
-- Takes a globally unique name; 0 rows when it is taken.
INSERT INTO directory (namespace, name, org_id, noun, target_id)
VALUES (:namespace, :name, :org_id, :noun, :target_id)
ON CONFLICT (namespace, name) DO NOTHING;

-- name: find_name(namespace, name)^ -> names.Target | None
-- crosses organizations: the directory is what leads to the organization.
SELECT org_id, noun, target_id FROM directory WHERE namespace = :namespace AND name = :name;

-- name: drop_name(org_id, namespace, name)!
DELETE FROM directory WHERE namespace = :namespace AND name = :name AND org_id = :org_id;

-- name: list_distributors() -> distributors.Distributor
-- crosses organizations: distributors stand above them.
SELECT d.id, d.name, d.is_shared, count(o.org_id) AS organizations
FROM distributors d LEFT JOIN organizations o ON o.distributor_id = d.id
GROUP BY d.id, d.name, d.is_shared ORDER BY d.id;

-- name: list_distributor_organizations(distributor_id) -> distributors.Placement
-- crosses organizations: those under one distributor, for the operator.
SELECT o.org_id, o.slug, o.name, o.agent_id, coalesce(a.name, '') AS agent
FROM organizations o LEFT JOIN agents a ON a.id = o.agent_id
WHERE o.distributor_id = :distributor_id ORDER BY o.org_id;

-- name: list_distributor_users(distributor_id) -> (org_id: OrgId, user_code: str, role: str)
-- crosses organizations: who sees more than its own under one distributor, for the operator.
SELECT u.org_id, u.user_code, u.role
FROM users u JOIN organizations o ON o.org_id = u.org_id
WHERE o.distributor_id = :distributor_id AND u.role IN ('Admin', 'Agent')
    AND u.disabled_at IS NULL
ORDER BY u.id;

-- name: set_distributor_name(id: DistributorId, name)!
-- crosses organizations: distributors stand above them.
UPDATE distributors SET name = :name, is_shared = 0 WHERE id = :id;

-- name: move_organization(org_id, distributor_id, agent_id: AgentId | None, now)!
UPDATE organizations
SET distributor_id = :distributor_id, agent_id = :agent_id, updated_at = :now
WHERE org_id = :org_id;

-- name: delete_unused_distributor(id: DistributorId)!
-- crosses organizations: distributors stand above them.
DELETE FROM distributors WHERE id = :id
    AND NOT EXISTS (SELECT 1 FROM organizations o WHERE o.distributor_id = distributors.id)
    AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.distributor_id = distributors.id);

-- name: delete_unused_agents(distributor_id)!
-- crosses organizations: agents stand above them.
DELETE FROM agents WHERE distributor_id = :distributor_id
    AND NOT EXISTS (SELECT 1 FROM organizations o WHERE o.agent_id = agents.id);

-- name: add_distributor(id: DistributorId, name, now)!
-- crosses organizations: distributors stand above them.
INSERT INTO distributors (id, name, created_at) VALUES (:id, :name, :now);

-- name: add_agent(id: AgentId, distributor_id, name, now)!
-- crosses organizations: agents stand above them.
INSERT INTO agents (id, distributor_id, name, created_at)
VALUES (:id, :distributor_id, :name, :now);

-- name: find_agent(distributor_id, name)$ -> AgentId | None
-- crosses organizations: agents stand above them.
SELECT id FROM agents WHERE distributor_id = :distributor_id AND name = :name
ORDER BY id LIMIT 1;

-- name: find_agent_elsewhere(name)$ -> str | None
-- crosses organizations: agents stand above them.
SELECT d.name FROM agents a JOIN distributors d ON d.id = a.distributor_id
WHERE a.name = :name ORDER BY a.id LIMIT 1;

-- name: has_agent(id: AgentId, distributor_id)$ -> int | None
-- crosses organizations: agents stand above them.
SELECT 1 FROM agents WHERE id = :id AND distributor_id = :distributor_id;

-- name: add_organization(org_id, uuid, distributor_id, agent_id: AgentId | None, slug, name,
--     timezone, locale, profile, is_demo, now)!
INSERT INTO organizations (org_id, uuid, distributor_id, agent_id, slug, name, timezone, locale,
    profile, is_demo, created_at, updated_at)
VALUES (:org_id, :uuid, :distributor_id, :agent_id, :slug, :name, :timezone, :locale,
    :profile, :is_demo, :now, :now)
ON CONFLICT (slug) DO NOTHING;

-- name: find_organization(slug)^ -> Organization | None
-- crosses organizations: this is how one is found by its short name.
SELECT org_id, uuid, slug, name, timezone, locale, rate_limit
FROM organizations WHERE slug = :slug;

-- name: get_organization(org_id)^ -> Organization
SELECT org_id, uuid, slug, name, timezone, locale, rate_limit
FROM organizations WHERE org_id = :org_id;

-- name: find_contact_email(org_id)$ -> str | None
SELECT email FROM users WHERE org_id = :org_id AND id > 0 AND disabled_at IS NULL
ORDER BY id LIMIT 1;

-- name: list_first_organizations() -> Organization
-- crosses organizations: a server with one alone begins with its page.
SELECT org_id, uuid, slug, name, timezone, locale, rate_limit FROM organizations
ORDER BY org_id LIMIT 2;

-- name: list_organizations() -> Organization
-- crosses organizations: the operator's own list.
SELECT org_id, uuid, slug, name, timezone, locale, rate_limit FROM organizations ORDER BY org_id;

-- name: get_organization_profile(org_id)$ -> str | None
SELECT profile FROM organizations WHERE org_id = :org_id;

-- name: set_organization_profile(org_id, name: str | None, timezone: str | None,
--     locale: str | None, profile, now)!
UPDATE organizations SET name = coalesce(CAST(:name AS TEXT), name),
    timezone = coalesce(CAST(:timezone AS TEXT), timezone),
    locale = coalesce(CAST(:locale AS TEXT), locale), profile = :profile, updated_at = :now
WHERE org_id = :org_id;

-- name: read_opt_outs_again(org_id)!
-- Numbers that could not be read without the country that is set now.
UPDATE opt_outs SET is_read = NULL WHERE org_id = :org_id AND is_read = 0;

-- name: has_logo(org_id, digest)$ -> int | None
SELECT 1 FROM pictures WHERE org_id = :org_id AND digest = :digest;

-- name: set_file_quota(org_id, quota: int | None, now)!
UPDATE organizations SET file_quota_bytes = CAST(:quota AS BIGINT), updated_at = :now
WHERE org_id = :org_id;

-- name: set_rate_limit(org_id, rate_limit: int | None, now)!
UPDATE organizations SET rate_limit = :rate_limit, updated_at = :now WHERE org_id = :org_id;

-- name: set_agent(org_id, agent_id, now)!
UPDATE organizations SET agent_id = :agent_id, updated_at = :now
WHERE org_id = :org_id AND agent_id IS NULL;

-- name: set_details(org_id, name, details, now)!
UPDATE organizations SET name = :name, details = :details, updated_at = :now
WHERE org_id = :org_id;

-- name: find_first_organization()$ -> OrgId | None
-- crosses organizations: the first one runs the installation.
SELECT min(org_id) FROM organizations;

-- name: touch_organization(org_id, now)!
-- Takes the row's lock, so that two changes at once do not undo each other.
UPDATE organizations SET updated_at = :now WHERE org_id = :org_id;

-- name: find_company(org_id)^ -> Company | None
SELECT o.org_id, o.distributor_id, o.agent_id, o.name, o.timezone, o.details, d.is_shared,
    o.is_demo
FROM organizations o JOIN distributors d ON d.id = o.distributor_id
WHERE o.org_id = :org_id;

-- name: get_distributor_id(org_id)$ -> DistributorId
SELECT distributor_id FROM organizations WHERE org_id = :org_id;

-- name: has_user(org_id, id: UserId)$ -> int | None
SELECT 1 FROM users WHERE org_id = :org_id AND id = :id;

-- name: add_user(org_id, id: UserId, uuid, user_code, user_code_key, role, name, email,
--     profile, disabled_at: int | None, now)!
INSERT INTO users (org_id, id, uuid, user_code, user_code_key, role, name, email, profile,
    disabled_at, created_at, updated_at)
VALUES (:org_id, :id, :uuid, :user_code, :user_code_key, :role, :name, :email, :profile,
    :disabled_at, :now, :now);

-- name: rename_user(org_id, id: UserId, user_code, user_code_key, now)!
UPDATE users SET user_code = :user_code, user_code_key = :user_code_key, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_user(org_id, id: UserId, role, name, email, profile, disabled_at: int | None, now)!
UPDATE users SET role = :role, name = :name, email = :email, profile = :profile,
    disabled_at = :disabled_at, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: set_user_profile(org_id, id: UserId, profile)!
UPDATE users SET profile = :profile WHERE org_id = :org_id AND id = :id;

-- name: touch_user(org_id, id: UserId, now)!
-- Takes the row's lock, so that two changes at once do not undo each other.
UPDATE users SET updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: find_member(org_id, user_id, credential_id)^
--     -> (user: User, disabled_at: int | None, added_at: int, profile: str, company: Company,
--         credential_is_demo: int) | None
-- The user behind a sign-in, unless it was disabled or the password changed since.
SELECT u.org_id, u.id, u.user_code, u.role, u.name, u.email, u.disabled_at,
    u.created_at AS added_at, u.profile, o.org_id, o.distributor_id, o.agent_id, o.name, o.timezone,
    o.details, d.is_shared, o.is_demo, c.is_demo AS credential_is_demo
FROM credentials c
JOIN users u ON u.org_id = c.org_id AND u.id = c.user_id
JOIN organizations o ON o.org_id = u.org_id
JOIN distributors d ON d.id = o.distributor_id
WHERE c.org_id = :org_id AND c.id = :credential_id AND c.user_id = :user_id
    AND c.kind = 'password' AND c.revoked_at IS NULL AND u.disabled_at IS NULL;

-- name: find_user_member(org_id, user_id)^
--     -> (user: User, disabled_at: int | None, added_at: int, profile: str,
--         company: Company) | None
SELECT u.org_id, u.id, u.user_code, u.role, u.name, u.email, u.disabled_at,
    u.created_at AS added_at, u.profile, o.org_id, o.distributor_id, o.agent_id, o.name, o.timezone,
    o.details, d.is_shared, o.is_demo
FROM users u
JOIN organizations o ON o.org_id = u.org_id
JOIN distributors d ON d.id = o.distributor_id
WHERE u.org_id = :org_id AND u.id = :user_id;

-- name: find_visible_member(id: UserId | None, distributor_id, sees_all, agent_id,
--     own_org_id: OrgId)^
--     -> (user: User, disabled_at: int | None, added_at: int, profile: str,
--         company: Company) | None
-- crosses organizations: an Admin sees its distributor's users, an Agent those linked to it.
SELECT u.org_id, u.id, u.user_code, u.role, u.name, u.email, u.disabled_at,
    u.created_at AS added_at, u.profile, o.org_id, o.distributor_id, o.agent_id, o.name, o.timezone,
    o.details, d.is_shared, o.is_demo
FROM users u
JOIN organizations o ON o.org_id = u.org_id
JOIN distributors d ON d.id = o.distributor_id
WHERE u.id = :id AND o.distributor_id = :distributor_id
    AND (:sees_all = 1 OR o.agent_id = :agent_id OR u.org_id = :own_org_id);

-- name: list_visible_members(distributor_id, sees_all, agent_id, own_org_id: OrgId, pattern,
--     limit, skip)
--     -> (user: User, disabled_at: int | None, added_at: int, profile: str, company: Company)
-- crosses organizations: an Admin sees its distributor's users, an Agent those linked to it.
SELECT u.org_id, u.id, u.user_code, u.role, u.name, u.email, u.disabled_at,
    u.created_at AS added_at, u.profile, o.org_id, o.distributor_id, o.agent_id, o.name, o.timezone,
    o.details, d.is_shared, o.is_demo
FROM users u
JOIN organizations o ON o.org_id = u.org_id
JOIN distributors d ON d.id = o.distributor_id
WHERE o.distributor_id = :distributor_id
    AND (:sees_all = 1 OR o.agent_id = :agent_id OR u.org_id = :own_org_id)
    AND u.user_code_key LIKE :pattern ESCAPE '!'
ORDER BY u.id LIMIT :limit OFFSET :skip;

-- name: count_visible_members(distributor_id, sees_all, agent_id, own_org_id: OrgId, pattern)$ -> int
-- crosses organizations: an Admin sees its distributor's users, an Agent those linked to it.
SELECT count(*)
FROM users u
JOIN organizations o ON o.org_id = u.org_id
WHERE o.distributor_id = :distributor_id
    AND (:sees_all = 1 OR o.agent_id = :agent_id OR u.org_id = :own_org_id)
    AND u.user_code_key LIKE :pattern ESCAPE '!';

-- name: find_password(name)^
--     -> (org_id: OrgId, user_id: UserId, id: CredentialId, digest: str) | None
-- crosses organizations: signing in is what leads to the organization.
SELECT c.org_id, c.user_id, c.id, c.digest
FROM directory d
JOIN users u ON u.org_id = d.org_id AND u.id = d.target_id
JOIN credentials c ON c.org_id = u.org_id AND c.user_id = u.id
WHERE d.namespace = 'user' AND d.name = :name AND u.disabled_at IS NULL
    AND c.kind = 'password' AND c.revoked_at IS NULL
ORDER BY c.id DESC LIMIT 1;

-- name: end_passwords(org_id, user_id, now)!
UPDATE credentials SET revoked_at = :now
WHERE org_id = :org_id AND user_id = :user_id AND kind = 'password' AND revoked_at IS NULL;

-- name: list_users(org_id) -> User
SELECT org_id, id, user_code, role, name, email FROM users
WHERE org_id = :org_id AND disabled_at IS NULL ORDER BY id;

-- name: list_user_lines(org_id)
--     -> (user: User, disabled_at: int | None, has_password: int, used_at: int | None)
SELECT u.org_id, u.id, u.user_code, u.role, u.name, u.email, u.disabled_at,
    CASE WHEN c.id IS NULL THEN 0 ELSE 1 END AS has_password, c.last_used_at AS used_at
FROM users u LEFT JOIN credentials c ON c.org_id = u.org_id AND c.user_id = u.id
    AND c.kind = 'password' AND c.revoked_at IS NULL
WHERE u.org_id = :org_id AND u.id > 0 ORDER BY u.id;

-- name: change_user(org_id, id: UserId, role, email, disabled_at: int | None, now)!
UPDATE users SET role = :role, email = :email, disabled_at = :disabled_at, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- name: add_credential(org_id, id: CredentialId, kind, name, digest, hint,
--     user_id: UserId | None, event_id: EventId | None, now, expires_at: int | None)!
INSERT INTO credentials
    (org_id, id, kind, name, digest, hint, user_id, event_id, created_at, expires_at, is_demo)
VALUES (:org_id, :id, :kind, :name, :digest, :hint, :user_id, :event_id, :now, :expires_at,
    (SELECT o.is_demo FROM organizations o WHERE o.org_id = :org_id));

-- name: count_demo_credentials()$ -> int
-- crosses organizations: the operator is told of them.
SELECT count(*) FROM credentials WHERE is_demo = 1 AND revoked_at IS NULL;

-- name: find_demo_organization()^ -> Organization | None
-- crosses organizations: the demo's seeding and its users' pages start from it.
SELECT org_id, uuid, slug, name, timezone, locale, rate_limit FROM organizations
WHERE is_demo = 1 ORDER BY org_id LIMIT 1;

-- name: list_made_by(pattern) -> (slug: str)
-- crosses organizations: a demo must not stand beside others.
SELECT o.slug FROM organizations o WHERE EXISTS (
    SELECT 1 FROM audit_entries a WHERE a.org_id = o.org_id AND a.noun = 'organization'
        AND a.action = 'created' AND a.actor LIKE :pattern
) ORDER BY o.org_id LIMIT 3;

-- name: list_other_organizations() -> (slug: str)
-- crosses organizations: a demo must not stand beside others.
SELECT slug FROM organizations WHERE is_demo = 0 ORDER BY org_id LIMIT 3;

-- name: count_shared_distributors()$ -> int
-- crosses organizations: distributors stand above them.
SELECT count(*) FROM distributors WHERE is_shared = 1;

-- name: find_credential(org_id, id: CredentialId)^ -> Credential | None
SELECT org_id, id, kind, name, hint, user_id, event_id, created_at, expires_at, revoked_at,
    last_used_at, is_demo
FROM credentials WHERE org_id = :org_id AND id = :id;

-- name: list_credentials(org_id) -> Credential
SELECT org_id, id, kind, name, hint, user_id, event_id, created_at, expires_at, revoked_at,
    last_used_at, is_demo
FROM credentials WHERE org_id = :org_id ORDER BY id;

-- name: revoke_credential(org_id, id: CredentialId, now)!
UPDATE credentials SET revoked_at = :now
WHERE org_id = :org_id AND id = :id AND revoked_at IS NULL;

-- name: touch_credential(org_id, id: CredentialId, at: int, ahead)!
UPDATE credentials SET last_used_at = :at
WHERE org_id = :org_id AND id = :id
    AND (last_used_at IS NULL OR last_used_at < :at OR last_used_at > :ahead);

-- name: add_signing_key(kid, private_pem, public_pem, now)!
-- crosses organizations: the server signs for all of them.
INSERT INTO signing_keys (kid, private_pem, public_pem, created_at)
VALUES (:kid, :private_pem, :public_pem, :now);

-- name: list_signing_keys(retired_since: int) -> signing.SigningKey
-- crosses organizations: the server signs for all of them.
SELECT kid, private_pem, public_pem, created_at, retired_at FROM signing_keys
WHERE retired_at IS NULL OR retired_at > :retired_since
ORDER BY CASE WHEN retired_at IS NULL THEN 0 ELSE 1 END, created_at DESC, kid;

-- name: retire_signing_keys(kid, now)!
-- crosses organizations: the server signs for all of them.
UPDATE signing_keys SET retired_at = coalesce(retired_at, :now), private_pem = ''
WHERE kid <> :kid;

-- name: delete_signing_keys(kid)!
-- crosses organizations: the server signs for all of them.
DELETE FROM signing_keys WHERE kid <> :kid;

-- name: list_link_keys(now) -> (kid: str, secret: str, created_at: int, ends_at: int | None)
-- crosses organizations: the installation signs links for all of them.
SELECT kid, secret, created_at, ends_at FROM link_keys
WHERE ends_at IS NULL OR ends_at > :now
ORDER BY CASE WHEN ends_at IS NULL THEN 0 ELSE 1 END, created_at DESC, kid;

-- name: add_link_key(kid, secret, created_at)!
-- crosses organizations: the installation signs links for all of them.
INSERT INTO link_keys (kid, secret, created_at) VALUES (:kid, :secret, :created_at);

-- name: end_link_key(kid, ends_at)!
-- crosses organizations: the installation signs links for all of them. An end only comes nearer.
UPDATE link_keys SET ends_at = :ends_at
WHERE kid = :kid AND (ends_at IS NULL OR ends_at > :ends_at);

-- name: delete_ended_link_keys(now)!
-- crosses organizations: the installation signs links for all of them.
DELETE FROM link_keys WHERE ends_at <= :now;

-- name: find_rate_limit(org_id)$ -> int | None
SELECT rate_limit FROM organizations WHERE org_id = :org_id;

-- name: claim_idempotency_key(org_id, owner, key, method, path, body_digest, now)!
INSERT INTO idempotency_keys (org_id, owner, key, method, path, body_digest, created_at)
VALUES (:org_id, :owner, :key, :method, :path, :body_digest, :now)
ON CONFLICT (org_id, owner, key) DO NOTHING;

-- name: hold_idempotency_key(org_id, owner, key)^
--     -> (method: str, path: str, body_digest: str, answer: str | None, created_at: int) | None
-- Held until this transaction ends: of two that are to answer it, the second finds what the first
-- did.
UPDATE idempotency_keys SET method = method
WHERE org_id = :org_id AND owner = :owner AND key = :key
RETURNING method, path, body_digest, answer, created_at;

-- name: reuse_idempotency_key(org_id, owner, key, method, path, body_digest, now, expired_at)!
-- 0 rows when somebody else just took the expired key.
UPDATE idempotency_keys
SET method = :method, path = :path, body_digest = :body_digest, answer = NULL, created_at = :now
WHERE org_id = :org_id AND owner = :owner AND key = :key AND created_at <= :expired_at;

-- name: keep_answer(org_id, owner, key, answer)!
UPDATE idempotency_keys SET answer = :answer
WHERE org_id = :org_id AND owner = :owner AND key = :key;

-- name: list_old_keys(before, limit) -> (org_id: OrgId, owner: str, key: str)
-- crosses organizations: old keys are swept for all of them.
SELECT org_id, owner, key FROM idempotency_keys WHERE created_at < :before
ORDER BY created_at LIMIT :limit;

-- name: delete_old_key(org_id, owner, key, before)*!
-- The age is asked again: somebody may have taken the key again.
DELETE FROM idempotency_keys
WHERE org_id = :org_id AND owner = :owner AND key = :key AND created_at < :before;

-- name: note_untrusted_proxy(address, now)!
-- crosses organizations: the proxy is the installation's.
INSERT INTO untrusted_proxies (address, seen_at) VALUES (:address, :now)
ON CONFLICT (address) DO UPDATE SET seen_at = excluded.seen_at;

-- name: list_untrusted_proxies(since) -> (address: str)
-- crosses organizations: the proxies are the installation's.
SELECT address FROM untrusted_proxies WHERE seen_at >= :since ORDER BY address;

-- name: delete_untrusted_proxies(before)!
-- crosses organizations: the proxies are the installation's.
DELETE FROM untrusted_proxies WHERE seen_at < :before;

-- name: find_place_key()$ -> str | None
-- crosses organizations: the key is the installation's.
SELECT secret FROM installation_secrets WHERE name = 'places';

-- name: add_place_key(secret, now)!
-- crosses organizations: the key is the installation's.
INSERT INTO installation_secrets (name, secret, created_at) VALUES ('places', :secret, :now)
ON CONFLICT (name) DO NOTHING;

-- name: find_known_place(org_id, user_id, digest)$ -> int | None
SELECT seen_at FROM known_places
WHERE org_id = :org_id AND user_id = :user_id AND digest = :digest;

-- name: put_known_place(org_id, user_id, digest, now)!
INSERT INTO known_places (org_id, user_id, digest, seen_at)
VALUES (:org_id, :user_id, :digest, :now)
ON CONFLICT (org_id, user_id, digest) DO UPDATE SET seen_at = excluded.seen_at;

-- name: delete_old_places(org_id, user_id, before, kept: int)!
-- Those that were not seen for long, and the oldest where there are too many.
DELETE FROM known_places WHERE org_id = :org_id AND user_id = :user_id
    AND (seen_at < :before OR digest IN (
        SELECT digest FROM known_places WHERE org_id = :org_id AND user_id = :user_id
        ORDER BY seen_at DESC, digest LIMIT 1000 OFFSET :kept));

-- name: find_tries(digest)^ -> guessing.Tries | None
-- crosses organizations: a name that is tried is nobody's yet.
SELECT started_at, tries, wrong FROM sign_in_tries WHERE digest = :digest;

-- name: add_try(digest, now, over: int, ahead: int, limit)$ -> int | None
-- crosses organizations: a name that is tried is nobody's yet. No row at the limit.
INSERT INTO sign_in_tries (digest, started_at, tries, wrong) VALUES (:digest, :now, 1, 0)
ON CONFLICT (digest) DO UPDATE SET
    tries = CASE WHEN sign_in_tries.started_at > :over AND sign_in_tries.started_at <= :ahead
        THEN sign_in_tries.tries + 1 ELSE 1 END,
    wrong = CASE WHEN sign_in_tries.started_at > :over AND sign_in_tries.started_at <= :ahead
        THEN sign_in_tries.wrong ELSE 0 END,
    started_at = CASE WHEN sign_in_tries.started_at > :over AND sign_in_tries.started_at <= :ahead
        THEN sign_in_tries.started_at ELSE excluded.started_at END
WHERE sign_in_tries.tries < :limit OR sign_in_tries.started_at <= :over
    OR sign_in_tries.started_at > :ahead
RETURNING tries;

-- name: add_wrong(digest, now, over: int, ahead: int)!
-- crosses organizations: a name that is tried is nobody's yet. The try was counted before, unless
-- its window has ended since.
INSERT INTO sign_in_tries (digest, started_at, tries, wrong) VALUES (:digest, :now, 1, 1)
ON CONFLICT (digest) DO UPDATE SET
    tries = CASE WHEN sign_in_tries.started_at > :over AND sign_in_tries.started_at <= :ahead
        THEN sign_in_tries.tries ELSE 1 END,
    wrong = CASE WHEN sign_in_tries.started_at > :over AND sign_in_tries.started_at <= :ahead
        THEN sign_in_tries.wrong + 1 ELSE 1 END,
    started_at = CASE WHEN sign_in_tries.started_at > :over AND sign_in_tries.started_at <= :ahead
        THEN sign_in_tries.started_at ELSE excluded.started_at END;

-- name: take_back_try(digest)!
-- crosses organizations: a name that is tried is nobody's yet.
UPDATE sign_in_tries SET tries = tries - 1 WHERE digest = :digest AND tries > wrong;

-- name: drop_untried(digest)!
-- crosses organizations: a name that is tried is nobody's yet.
DELETE FROM sign_in_tries WHERE digest = :digest AND tries <= 0;

-- name: forget_tries(digest)!
-- crosses organizations: a name that is tried is nobody's yet.
DELETE FROM sign_in_tries WHERE digest = :digest;

-- name: delete_old_tries(over: int, ahead: int, limit)!
-- crosses organizations: what is over is deleted for all of them.
DELETE FROM sign_in_tries WHERE digest IN (
    SELECT digest FROM sign_in_tries WHERE started_at <= :over OR started_at > :ahead
    ORDER BY started_at LIMIT :limit);

-- name: delete_surplus_tries(kept: int, limit)!
-- crosses organizations: the oldest rows are deleted where there are too many.
DELETE FROM sign_in_tries WHERE digest IN (
    SELECT digest FROM sign_in_tries ORDER BY started_at DESC, digest LIMIT :limit OFFSET :kept);

-- name: add_page_session(org_id, digest, user_id, credential_id, device, place, number: int, now)!
INSERT INTO page_sessions (org_id, digest, user_id, credential_id, created_at, used_at, device,
    place, number)
VALUES (:org_id, :digest, :user_id, :credential_id, :now, :now, :device, :place, :number);

-- name: find_page_session(digest)^
--     -> (org_id: OrgId, user_id: UserId, credential_id: CredentialId, created_at: int,
--         used_at: int) | None
-- crosses organizations: the secret leads to the organization.
SELECT org_id, user_id, credential_id, created_at, used_at FROM page_sessions
WHERE digest = :digest;

-- name: touch_page_session(org_id, digest, at: int)!
UPDATE page_sessions SET used_at = :at
WHERE org_id = :org_id AND digest = :digest AND used_at < :at;

-- name: delete_page_session(org_id, digest)!
DELETE FROM page_sessions WHERE org_id = :org_id AND digest = :digest;

-- name: list_old_page_sessions(unused_since: int, begun_before: int, limit)
--     -> (org_id: OrgId, digest: str)
-- crosses organizations: ended sessions are deleted for all of them.
SELECT org_id, digest FROM page_sessions
WHERE used_at < :unused_since OR created_at < :begun_before
ORDER BY used_at LIMIT :limit;

-- name: restart_keys(now, ahead)!
-- crosses organizations: the clock is one for all of them.
UPDATE idempotency_keys SET created_at = :now WHERE created_at > :ahead;

-- name: restart_page_sessions(now, ahead)!
-- crosses organizations: the clock is one for all of them.
UPDATE page_sessions SET used_at = :now,
    created_at = CASE WHEN created_at > :now THEN CAST(:now AS BIGINT) ELSE created_at END
WHERE used_at > :ahead;

-- name: list_workplaces(user_id) -> (org_id: OrgId, slug: str, name: str, role: str)
-- crosses organizations: a user may work for several.
SELECT o.org_id, o.slug, o.name, r.role
FROM staff s
JOIN staff_roles r ON r.org_id = s.org_id AND r.user_id = s.user_id
JOIN organizations o ON o.org_id = s.org_id
WHERE s.user_id = :user_id ORDER BY o.name, o.org_id, r.role;

-- name: find_organization_of_event(event_id)^ -> Organization | None
-- crosses organizations: the number of an event leads to its organization.
SELECT o.org_id, o.uuid, o.slug, o.name, o.timezone, o.locale, o.rate_limit
FROM directory d JOIN organizations o ON o.org_id = d.org_id
WHERE d.namespace = 'event' AND d.name = CAST(CAST(:event_id AS BIGINT) AS TEXT)
    AND d.noun = 'event';

-- name: list_roles_of(org_id, user_id) -> (role: str, is_limited: int)
SELECT r.role, s.is_limited FROM staff_roles r
JOIN staff s ON s.org_id = r.org_id AND s.user_id = r.user_id
WHERE r.org_id = :org_id AND r.user_id = :user_id ORDER BY r.role;

-- name: list_staff(org_id)
--     -> (user: User, is_limited: int, disabled_at: int | None, used_at: int | None, home: str)
SELECT u.org_id, u.id, u.user_code, u.role, u.name, u.email, s.is_limited, u.disabled_at,
    c.last_used_at AS used_at, CASE WHEN o.org_id = s.org_id THEN '' ELSE o.slug END AS home
FROM staff s
JOIN users u ON u.org_id = s.home_org_id AND u.id = s.user_id
JOIN organizations o ON o.org_id = u.org_id
LEFT JOIN credentials c ON c.org_id = u.org_id AND c.user_id = u.id
    AND c.kind = 'password' AND c.revoked_at IS NULL
WHERE s.org_id = :org_id ORDER BY u.id;

-- name: list_staff_roles(org_id) -> (user_id: UserId, role: str)
SELECT user_id, role FROM staff_roles WHERE org_id = :org_id ORDER BY user_id, role;

-- name: list_staff_events(org_id) -> (user_id: UserId, event_id: EventId)
SELECT user_id, event_id FROM staff_events WHERE org_id = :org_id ORDER BY user_id, event_id;

-- name: list_events_of_staff(org_id, user_id) -> (event_id: EventId)
SELECT event_id FROM staff_events WHERE org_id = :org_id AND user_id = :user_id ORDER BY event_id;

-- name: list_limited_events(org_id) -> (event_id: EventId)
SELECT event_id FROM limited_events WHERE org_id = :org_id ORDER BY event_id;

-- name: hold_staff(org_id)!
-- Takes the locks, so that two changes at once do not leave an organization without an owner.
UPDATE staff SET is_limited = is_limited WHERE org_id = :org_id;

-- name: add_staff(org_id, user_id, home_org_id: OrgId, now)!
INSERT INTO staff (org_id, user_id, home_org_id, is_limited, added_at)
VALUES (:org_id, :user_id, :home_org_id, 0, :now)
ON CONFLICT (org_id, user_id) DO NOTHING;

-- name: add_staff_role(org_id, user_id, role)!
INSERT INTO staff_roles (org_id, user_id, role) VALUES (:org_id, :user_id, :role)
ON CONFLICT (org_id, user_id, role) DO NOTHING;

-- name: delete_staff_roles(org_id, user_id)!
DELETE FROM staff_roles WHERE org_id = :org_id AND user_id = :user_id;

-- name: set_limited(org_id, user_id, is_limited: int)!
UPDATE staff SET is_limited = :is_limited WHERE org_id = :org_id AND user_id = :user_id;

-- name: add_staff_event(org_id, event_id, user_id)!
INSERT INTO staff_events (org_id, event_id, user_id) VALUES (:org_id, :event_id, :user_id)
ON CONFLICT (org_id, event_id, user_id) DO NOTHING;

-- name: delete_events_of_staff(org_id, user_id)!
DELETE FROM staff_events WHERE org_id = :org_id AND user_id = :user_id;

-- name: add_limited_event(org_id, event_id)!
INSERT INTO limited_events (org_id, event_id) VALUES (:org_id, :event_id)
ON CONFLICT (org_id, event_id) DO NOTHING;

-- name: delete_limited_event(org_id, event_id)!
DELETE FROM limited_events WHERE org_id = :org_id AND event_id = :event_id;

-- name: has_event(org_id, event_id)$ -> int | None
SELECT 1 FROM events WHERE org_id = :org_id AND id = :event_id;

-- name: count_owners(org_id, other_than: UserId)$ -> int
SELECT count(*) FROM staff_roles r
JOIN staff s ON s.org_id = r.org_id AND s.user_id = r.user_id
JOIN users u ON u.org_id = s.home_org_id AND u.id = s.user_id
WHERE r.org_id = :org_id AND r.role = 'owner' AND u.disabled_at IS NULL
    AND r.user_id <> :other_than;

-- name: add_single_use(org_id, digest, purpose, user_id, credential_id, note, now, ends_at)!
INSERT INTO single_uses (org_id, digest, purpose, user_id, credential_id, note, created_at, ends_at)
VALUES (:org_id, :digest, :purpose, :user_id, :credential_id, :note, :now, :ends_at);

-- name: find_single_use(digest, purpose, now)^ -> single_uses.SingleUse | None
-- crosses organizations: the secret leads to the organization.
SELECT org_id, user_id, credential_id, note, created_at, ends_at FROM single_uses
WHERE digest = :digest AND purpose = :purpose AND ends_at > :now;

-- name: take_single_use(digest, purpose, now)^ -> single_uses.SingleUse | None
-- crosses organizations: the secret leads to the organization.
DELETE FROM single_uses WHERE digest = :digest AND purpose = :purpose AND ends_at > :now
RETURNING org_id, user_id, credential_id, note, created_at, ends_at;

-- name: delete_single_uses_of(org_id, user_id, purpose)!
DELETE FROM single_uses WHERE org_id = :org_id AND user_id = :user_id AND purpose = :purpose;

-- name: list_ended_single_uses(now, limit) -> (org_id: OrgId, digest: str)
-- crosses organizations: ended secrets are deleted for all of them.
SELECT org_id, digest FROM single_uses WHERE ends_at <= :now ORDER BY ends_at LIMIT :limit;

-- name: delete_single_use(org_id, digest)!
DELETE FROM single_uses WHERE org_id = :org_id AND digest = :digest;

-- name: list_passwords_by_email(email, limit)
--     -> (org_id: OrgId, user_id: UserId, id: CredentialId, digest: str)
-- crosses organizations: signing in is what leads to the organization.
-- The oldest of each organization first.
SELECT org_id, user_id, id, digest FROM (
    SELECT u.org_id, u.id AS user_id, c.id, c.digest,
        row_number() OVER (PARTITION BY u.org_id ORDER BY u.id, c.id) AS turn
    FROM users u
    JOIN credentials c ON c.org_id = u.org_id AND c.user_id = u.id
    WHERE lower(u.email) = lower(:email) AND u.id > 0 AND u.disabled_at IS NULL
        AND c.kind = 'password' AND c.revoked_at IS NULL) x
ORDER BY turn, user_id LIMIT :limit;

-- name: list_users_by_email(email, limit) -> User
-- crosses organizations: signing in is what leads to the organization.
-- The oldest of each organization first.
SELECT org_id, id, user_code, role, name, email FROM (
    SELECT org_id, id, user_code, role, name, email,
        row_number() OVER (PARTITION BY org_id ORDER BY id) AS turn
    FROM users WHERE lower(email) = lower(:email) AND id > 0 AND disabled_at IS NULL) x
ORDER BY turn, id LIMIT :limit;

-- name: find_user(org_id, user_id)^ -> User | None
SELECT org_id, id, user_code, role, name, email FROM users
WHERE org_id = :org_id AND id = :user_id AND disabled_at IS NULL;

-- name: find_live_password(org_id, user_id)$ -> CredentialId | None
SELECT id FROM credentials WHERE org_id = :org_id AND user_id = :user_id
    AND kind = 'password' AND revoked_at IS NULL ORDER BY id DESC LIMIT 1;

-- name: put_authenticator(org_id, user_id, secret, now)!
INSERT INTO authenticators (org_id, user_id, secret, last_step, created_at)
VALUES (:org_id, :user_id, :secret, 0, :now)
ON CONFLICT (org_id, user_id) DO UPDATE SET
    secret = excluded.secret, last_step = 0, created_at = excluded.created_at
WHERE authenticators.confirmed_at IS NULL;

-- name: find_authenticator(org_id, user_id)^
--     -> (secret: str, last_step: int, confirmed_at: int | None) | None
SELECT secret, last_step, confirmed_at FROM authenticators
WHERE org_id = :org_id AND user_id = :user_id;

-- name: use_step(org_id, user_id, step: int)!
-- 0 rows for a code that was used before.
UPDATE authenticators SET last_step = :step
WHERE org_id = :org_id AND user_id = :user_id AND last_step < :step;

-- name: confirm_authenticator(org_id, user_id, now)!
UPDATE authenticators SET confirmed_at = :now
WHERE org_id = :org_id AND user_id = :user_id AND confirmed_at IS NULL;

-- name: delete_authenticator(org_id, user_id)!
DELETE FROM authenticators WHERE org_id = :org_id AND user_id = :user_id;

-- name: add_recovery_codes(org_id, user_id, digest)*!
INSERT INTO recovery_codes (org_id, user_id, digest) VALUES (:org_id, :user_id, :digest);

-- name: use_recovery_code(org_id, user_id, digest, now)!
UPDATE recovery_codes SET used_at = :now
WHERE org_id = :org_id AND user_id = :user_id AND digest = :digest AND used_at IS NULL;

-- name: count_recovery_codes(org_id, user_id)$ -> int
SELECT count(*) FROM recovery_codes
WHERE org_id = :org_id AND user_id = :user_id AND used_at IS NULL;

-- name: delete_recovery_codes(org_id, user_id)!
DELETE FROM recovery_codes WHERE org_id = :org_id AND user_id = :user_id;

-- name: add_passkey(org_id, user_id, handle, public_key, sign_count: int, name, now)!
INSERT INTO passkeys (org_id, user_id, handle, public_key, sign_count, name, created_at)
VALUES (:org_id, :user_id, :handle, :public_key, :sign_count, :name, :now)
ON CONFLICT (handle) DO NOTHING;

-- name: list_passkeys(org_id, user_id) -> passkeys.Passkey
SELECT org_id, user_id, handle, public_key, sign_count, name, created_at, used_at FROM passkeys
WHERE org_id = :org_id AND user_id = :user_id ORDER BY created_at, handle;

-- name: find_passkey(handle)^ -> passkeys.Passkey | None
-- crosses organizations: signing in is what leads to the organization.
SELECT org_id, user_id, handle, public_key, sign_count, name, created_at, used_at FROM passkeys
WHERE handle = :handle;

-- name: use_passkey(org_id, user_id, handle, sign_count: int, now)!
UPDATE passkeys SET sign_count = :sign_count, used_at = :now
WHERE org_id = :org_id AND user_id = :user_id AND handle = :handle
    AND (sign_count < :sign_count OR sign_count = 0 AND :sign_count = 0);

-- name: delete_passkey(org_id, user_id, handle)!
DELETE FROM passkeys WHERE org_id = :org_id AND user_id = :user_id AND handle = :handle;

-- name: delete_passkeys(org_id, user_id)!
DELETE FROM passkeys WHERE org_id = :org_id AND user_id = :user_id;

-- name: list_page_sessions(org_id, user_id, unused_since: int, begun_before: int)
--     -> page_sessions.SessionLine
SELECT number, digest, device, place, created_at, used_at FROM page_sessions
WHERE org_id = :org_id AND user_id = :user_id AND used_at > :unused_since
    AND created_at > :begun_before
ORDER BY used_at DESC, digest;

-- name: delete_page_session_of(org_id, user_id, number: int)!
DELETE FROM page_sessions WHERE org_id = :org_id AND user_id = :user_id AND number = :number;

-- name: delete_page_sessions_of(org_id, user_id, kept)!
DELETE FROM page_sessions WHERE org_id = :org_id AND user_id = :user_id AND digest <> :kept;

-- name: add_staff_invitation(org_id, id: int, digest, email, roles, event_ids, inviter, now,
--     ends_at)!
INSERT INTO staff_invitations
    (org_id, id, digest, email, roles, event_ids, inviter, created_at, ends_at)
VALUES (:org_id, :id, :digest, :email, :roles, :event_ids, :inviter, :now, :ends_at);

-- name: find_staff_invitation(digest)^ -> staff_invitations.StaffInvitation | None
-- crosses organizations: the secret leads to the organization.
SELECT org_id, id, email, roles, event_ids, inviter, created_at, ends_at, accepted_at, withdrawn_at
FROM staff_invitations WHERE digest = :digest;

-- name: list_staff_invitations(org_id) -> staff_invitations.StaffInvitation
SELECT org_id, id, email, roles, event_ids, inviter, created_at, ends_at, accepted_at, withdrawn_at
FROM staff_invitations WHERE org_id = :org_id ORDER BY id DESC LIMIT 200;

-- name: accept_staff_invitation(org_id, id: int, now)!
-- 0 rows for one that was used, withdrawn or is over.
UPDATE staff_invitations SET accepted_at = :now
WHERE org_id = :org_id AND id = :id AND accepted_at IS NULL AND withdrawn_at IS NULL
    AND ends_at > :now;

-- name: withdraw_staff_invitation(org_id, id: int, now)!
UPDATE staff_invitations SET withdrawn_at = :now
WHERE org_id = :org_id AND id = :id AND accepted_at IS NULL AND withdrawn_at IS NULL;

-- name: withdraw_staff_invitations_to(org_id, email, now)!
UPDATE staff_invitations SET withdrawn_at = :now
WHERE org_id = :org_id AND lower(email) = lower(:email) AND accepted_at IS NULL
    AND withdrawn_at IS NULL;

-- name: count_organizations()$ -> int
-- crosses organizations: the first start asks whether there are any.
SELECT count(*) FROM organizations;
