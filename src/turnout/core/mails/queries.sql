-- name: list_texts(org_id, event_id)
--     -> (kind: str, language: str, subject: str, body: str, updated_at: int)
SELECT kind, language, subject, body, updated_at FROM mail_texts
WHERE org_id = :org_id AND event_id = :event_id ORDER BY kind, language;

-- name: list_texts_of_kind(org_id, event_id, kind)
--     -> (language: str, subject: str, body: str, is_own: int)
-- Those of the event, and those of the organization, which count where the event has none.
SELECT language, subject, body, 1 AS is_own FROM mail_texts
WHERE org_id = :org_id AND event_id = :event_id AND kind = :kind
UNION ALL
SELECT language, subject, body, 0 FROM default_mail_texts
WHERE org_id = :org_id AND kind = :kind;

-- name: list_default_texts(org_id)
--     -> (kind: str, language: str, subject: str, body: str, updated_at: int)
SELECT kind, language, subject, body, updated_at FROM default_mail_texts
WHERE org_id = :org_id ORDER BY kind, language;

-- name: set_default_text(org_id, kind, language, subject, body, now)!
INSERT INTO default_mail_texts (org_id, kind, language, subject, body, updated_at)
VALUES (:org_id, :kind, :language, :subject, :body, :now)
ON CONFLICT (org_id, kind, language) DO UPDATE SET
    subject = excluded.subject, body = excluded.body, updated_at = excluded.updated_at;

-- name: delete_default_text(org_id, kind, language)!
DELETE FROM default_mail_texts WHERE org_id = :org_id AND kind = :kind AND language = :language;

-- name: set_text(org_id, event_id, kind, language, subject, body, now)!
INSERT INTO mail_texts (org_id, event_id, kind, language, subject, body, updated_at)
VALUES (:org_id, :event_id, :kind, :language, :subject, :body, :now)
ON CONFLICT (org_id, event_id, kind, language) DO UPDATE SET
    subject = excluded.subject, body = excluded.body, updated_at = excluded.updated_at;

-- name: delete_text(org_id, event_id, kind, language)!
DELETE FROM mail_texts
WHERE org_id = :org_id AND event_id = :event_id AND kind = :kind AND language = :language;
