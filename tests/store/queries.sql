-- name: make_notes()!
CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT NOT NULL);

-- name: add_note(id, text)!
INSERT INTO notes (id, text) VALUES (:id, :text);

-- name: add_notes(id, text)*!
INSERT INTO notes (id, text) VALUES (:id, :text);

-- name: change_note(id, text)$
UPDATE notes SET text = :text WHERE id = :id RETURNING id;

-- name: find_note(id)^
SELECT id, text FROM notes WHERE id = :id;

-- name: list_notes()
SELECT id, text FROM notes ORDER BY id;
