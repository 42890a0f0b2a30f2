-- name: list_questions(org_id, event_id) -> Question
-- In their order, those that are removed too; `text` is the newest of an agreement.
SELECT q.id, q.position, q.name, q.kind, q.label, q.hint, q.choices, q.is_required,
    q.ticket_type_ids, q.version, COALESCE(t.text, '') AS text, q.is_answered,
    CASE WHEN q.removed_at IS NULL THEN 0 ELSE 1 END AS is_removed, q.consents,
    q.is_at_door
FROM event_questions q
LEFT JOIN agreement_texts t ON t.org_id = q.org_id AND t.event_id = q.event_id
    AND t.question_id = q.id AND t.version = q.version
WHERE q.org_id = :org_id AND q.event_id = :event_id ORDER BY q.position, q.id;

-- name: lock_event(org_id, id: EventId)$ -> EventId | None
-- So that two changes of an event's questions come one after the other.
SELECT id FROM events WHERE org_id = :org_id AND id = :id;

-- name: list_type_ids(org_id, event_id) -> (id: TicketTypeId)
SELECT id FROM ticket_types WHERE org_id = :org_id AND event_id = :event_id;

-- name: add_question(org_id, event_id, id: EventQuestionId, position: int, name, name_key, kind,
--     label, hint, choices, is_required: int, ticket_type_ids, version: int, consents,
--     is_at_door: int, now)!
INSERT INTO event_questions
    (org_id, event_id, id, position, name, name_key, kind, label, hint, choices, is_required,
    ticket_type_ids, version, consents, is_at_door, created_at, updated_at)
VALUES (:org_id, :event_id, :id, :position, :name, :name_key, :kind, :label, :hint, :choices,
    :is_required, :ticket_type_ids, :version, :consents, :is_at_door, :now, :now);

-- name: set_question(org_id, event_id, id: EventQuestionId, name, name_key, kind, label, hint,
--     choices, is_required: int, ticket_type_ids, version: int, consents, is_at_door: int,
--     removed_at: int | None, now)!
UPDATE event_questions SET name = :name, name_key = :name_key, kind = :kind, label = :label,
    hint = :hint, choices = :choices, is_required = :is_required,
    ticket_type_ids = :ticket_type_ids, version = :version, consents = :consents,
    is_at_door = :is_at_door, removed_at = :removed_at,
    updated_at = :now
WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: set_position(org_id, event_id, id: EventQuestionId, position: int, now)*!
UPDATE event_questions SET position = :position, updated_at = :now
WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: mark_answered(org_id, event_id, id: EventQuestionId)*!
UPDATE event_questions SET is_answered = 1
WHERE org_id = :org_id AND event_id = :event_id AND id = :id AND is_answered = 0;

-- name: add_text(org_id, event_id, question_id: EventQuestionId, version: int, text, now)!
INSERT INTO agreement_texts (org_id, event_id, question_id, version, text, created_at)
VALUES (:org_id, :event_id, :question_id, :version, :text, :now);

-- name: list_texts(org_id, event_id, question_id: EventQuestionId) -> AgreementText
SELECT version, text, created_at FROM agreement_texts
WHERE org_id = :org_id AND event_id = :event_id AND question_id = :question_id ORDER BY version;

-- name: delete_texts(org_id, event_id, question_id: EventQuestionId)!
DELETE FROM agreement_texts
WHERE org_id = :org_id AND event_id = :event_id AND question_id = :question_id;

-- name: delete_question(org_id, event_id, id: EventQuestionId)!
DELETE FROM event_questions WHERE org_id = :org_id AND event_id = :event_id AND id = :id;

-- name: count_answers(org_id, event_id, counted: str) -> (question: str, answer: str, total: int)
-- How many of those who are registered answered what; the answer is left out but for the questions
-- whose names are in `counted`, a JSON list.
SELECT json_extract(a.value, '$.question') AS question,
    CASE WHEN json_extract(a.value, '$.question') IN (SELECT value FROM json_each(:counted))
        THEN json_extract(a.value, '$.answer') ELSE '' END AS answer,
    count(*) AS total
FROM registrations r, json_each(r.answers, '$.answers') a
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
GROUP BY 1, 2 ORDER BY 1, 2;
