-- name: merge_person(org_id, id: PersonId, uuid, email, email_key: str | None, title, first_name,
--     last_name, company, job_title, address_line1, address_line2, address_line3, city,
--     county_or_state, post_code, country_code, phone, now)$
--     -> PersonId
-- One statement for new and known people, so that no race makes a second one. What was not
-- given this time stays as it is, and so does what learners are called.
INSERT INTO people
    (org_id, id, uuid, email, email_key, title, first_name, last_name, company, job_title,
     address_line1, address_line2, address_line3, city, county_or_state, post_code, country_code,
     phone, created_at, updated_at)
VALUES
    (:org_id, :id, :uuid, :email, CAST(:email_key AS TEXT), :title, :first_name, :last_name,
     :company, :job_title, :address_line1, :address_line2, :address_line3, :city, :county_or_state,
     :post_code, :country_code, :phone, :now, :now)
ON CONFLICT (org_id, email_key) DO UPDATE SET
    title = CASE excluded.title WHEN '' THEN people.title ELSE excluded.title END,
    first_name = CASE WHEN excluded.first_name = '' OR EXISTS (
        SELECT 1 FROM learners l WHERE l.org_id = people.org_id AND l.person_id = people.id)
        THEN people.first_name ELSE excluded.first_name END,
    last_name = CASE WHEN excluded.last_name = '' OR EXISTS (
        SELECT 1 FROM learners l WHERE l.org_id = people.org_id AND l.person_id = people.id)
        THEN people.last_name ELSE excluded.last_name END,
    company = CASE excluded.company WHEN '' THEN people.company ELSE excluded.company END,
    job_title = CASE excluded.job_title WHEN '' THEN people.job_title
        ELSE excluded.job_title END,
    address_line1 = CASE excluded.address_line1 WHEN '' THEN people.address_line1
        ELSE excluded.address_line1 END,
    address_line2 = CASE excluded.address_line2 WHEN '' THEN people.address_line2
        ELSE excluded.address_line2 END,
    address_line3 = CASE excluded.address_line3 WHEN '' THEN people.address_line3
        ELSE excluded.address_line3 END,
    city = CASE excluded.city WHEN '' THEN people.city ELSE excluded.city END,
    county_or_state = CASE excluded.county_or_state WHEN '' THEN people.county_or_state
        ELSE excluded.county_or_state END,
    post_code = CASE excluded.post_code WHEN '' THEN people.post_code
        ELSE excluded.post_code END,
    country_code = CASE excluded.country_code WHEN '' THEN people.country_code
        ELSE excluded.country_code END,
    phone = CASE excluded.phone WHEN '' THEN people.phone ELSE excluded.phone END,
    updated_at = excluded.updated_at
RETURNING id;

-- name: find_person(org_id, email_key)^
--     -> (id: PersonId, uuid: str, contact: Contact, created_at: int, updated_at: int) | None
SELECT id, uuid, email, title, first_name, last_name, company, job_title, address_line1,
    address_line2, address_line3, city, county_or_state, post_code, country_code, phone,
    created_at, updated_at
FROM people WHERE org_id = :org_id AND email_key = :email_key;

-- name: get_named(org_id, id: PersonId)^ -> (first_name: str, last_name: str, email: str)
SELECT first_name, last_name, email FROM people WHERE org_id = :org_id AND id = :id;

-- name: set_learner_keys(org_id, person_id, name_key, email_key)!
UPDATE learners SET name_key = :name_key, email_key = :email_key
WHERE org_id = :org_id AND person_id = :person_id;

-- name: count_people(org_id)$ -> int
SELECT count(*) FROM people WHERE org_id = :org_id AND merged_into IS NULL;

-- name: get_person(org_id, id: PersonId)^
--     -> (id: PersonId, uuid: str, contact: Contact, created_at: int, updated_at: int) | None
SELECT id, uuid, email, title, first_name, last_name, company, job_title, address_line1,
    address_line2, address_line3, city, county_or_state, post_code, country_code, phone,
    created_at, updated_at
FROM people WHERE org_id = :org_id AND id = :id AND merged_into IS NULL;

-- name: find_merged(org_id, id: PersonId)$ -> PersonId | None
SELECT merged_into FROM people WHERE org_id = :org_id AND id = :id;

-- name: list_people(org_id, after: PersonId, limit)
--     -> (id: PersonId, uuid: str, contact: Contact, created_at: int, updated_at: int)
SELECT id, uuid, email, title, first_name, last_name, company, job_title, address_line1,
    address_line2, address_line3, city, county_or_state, post_code, country_code, phone,
    created_at, updated_at
FROM people WHERE org_id = :org_id AND id > :after AND merged_into IS NULL ORDER BY id LIMIT :limit;

-- name: list_newest_people(org_id, before: PersonId, limit)
--     -> (id: PersonId, uuid: str, contact: Contact, created_at: int, updated_at: int)
-- Those who were erased have neither name nor address.
SELECT id, uuid, email, title, first_name, last_name, company, job_title, address_line1,
    address_line2, address_line3, city, county_or_state, post_code, country_code, phone,
    created_at, updated_at
FROM people WHERE org_id = :org_id AND id < :before AND merged_into IS NULL
    AND NOT (email = '' AND first_name = '' AND last_name = '' AND phone = '')
ORDER BY id DESC LIMIT :limit;

-- name: lock_person(org_id, id: PersonId, now)$ -> PersonId | None
-- Holds the row until the transaction ends: merges and corrections of one person queue up.
UPDATE people SET updated_at = :now WHERE org_id = :org_id AND id = :id AND merged_into IS NULL
RETURNING id;

-- name: set_details(org_id, id: PersonId, title, first_name, last_name, company, job_title,
--     address_line1, address_line2, address_line3, city, county_or_state, post_code, country_code,
--     phone)!
UPDATE people SET title = :title, first_name = :first_name, last_name = :last_name,
    company = :company, job_title = :job_title, address_line1 = :address_line1,
    address_line2 = :address_line2, address_line3 = :address_line3, city = :city,
    county_or_state = :county_or_state, post_code = :post_code, country_code = :country_code,
    phone = :phone
WHERE org_id = :org_id AND id = :id;

-- name: set_email(org_id, id: PersonId, email, email_key: str | None)!
UPDATE people SET email = :email, email_key = CAST(:email_key AS TEXT)
WHERE org_id = :org_id AND id = :id;

-- name: is_learner(org_id, person_id)$ -> int
SELECT CASE WHEN EXISTS (SELECT 1 FROM learners
    WHERE org_id = :org_id AND person_id = :person_id) THEN 1 ELSE 0 END;

-- name: add_former_address(org_id, person_id, medium, address, now)!
INSERT INTO former_addresses (org_id, person_id, medium, address, until)
VALUES (:org_id, :person_id, :medium, :address, :now)
ON CONFLICT (org_id, person_id, medium, address) DO UPDATE SET until = excluded.until;

-- name: list_former_addresses(org_id, person_id) -> model.FormerAddress
SELECT medium, address, until FROM former_addresses
WHERE org_id = :org_id AND person_id = :person_id ORDER BY until, medium, address;

-- name: move_former_addresses(org_id, from_id: PersonId, to_id: PersonId)!
INSERT INTO former_addresses (org_id, person_id, medium, address, until)
SELECT org_id, :to_id, medium, address, until FROM former_addresses
WHERE org_id = :org_id AND person_id = :from_id
ON CONFLICT (org_id, person_id, medium, address) DO NOTHING;

-- name: add_former_name(org_id, person_id, first_name, last_name, now)!
INSERT INTO former_names (org_id, person_id, first_name, last_name, until)
VALUES (:org_id, :person_id, :first_name, :last_name, :now)
ON CONFLICT (org_id, person_id, first_name, last_name) DO UPDATE SET until = excluded.until;

-- name: list_former_names(org_id, person_id) -> model.FormerName
SELECT first_name, last_name, until FROM former_names
WHERE org_id = :org_id AND person_id = :person_id ORDER BY until, first_name, last_name;

-- name: move_former_names(org_id, from_id: PersonId, to_id: PersonId)!
INSERT INTO former_names (org_id, person_id, first_name, last_name, until)
SELECT org_id, :to_id, first_name, last_name, until FROM former_names
WHERE org_id = :org_id AND person_id = :from_id
ON CONFLICT (org_id, person_id, first_name, last_name) DO NOTHING;

-- name: delete_former_names(org_id, person_id)!
DELETE FROM former_names WHERE org_id = :org_id AND person_id = :person_id;

-- name: delete_former_addresses(org_id, person_id)!
DELETE FROM former_addresses WHERE org_id = :org_id AND person_id = :person_id;

-- name: set_merged(org_id, id: PersonId, into: PersonId)!
-- Those who were merged into this one before follow.
UPDATE people SET merged_into = :into WHERE org_id = :org_id AND (id = :id OR merged_into = :id);

-- name: list_events_of_person(org_id, person_id: PersonId) -> (event_id: EventId)
-- Where the person, or somebody who was merged into them, has a record, cancelled ones too.
SELECT r.event_id AS event_id FROM registrations r
WHERE r.org_id = :org_id AND r.person_id IN (SELECT id FROM people
    WHERE org_id = :org_id AND (id = :person_id OR merged_into = :person_id))
UNION SELECT i.event_id FROM invitations i
WHERE i.org_id = :org_id AND i.person_id IN (SELECT id FROM people
    WHERE org_id = :org_id AND (id = :person_id OR merged_into = :person_id))
UNION SELECT w.event_id FROM waiting_entries w
WHERE w.org_id = :org_id AND w.person_id IN (SELECT id FROM people
    WHERE org_id = :org_id AND (id = :person_id OR merged_into = :person_id))
UNION SELECT s.event_id FROM exam_registrations s
WHERE s.org_id = :org_id AND s.person_id IN (SELECT id FROM people
    WHERE org_id = :org_id AND (id = :person_id OR merged_into = :person_id))
UNION SELECT g.event_id FROM parties g
WHERE g.org_id = :org_id AND g.contact_id IN (SELECT id FROM people
    WHERE org_id = :org_id AND (id = :person_id OR merged_into = :person_id));

-- == what is searched ==

-- name: list_search_noted(org_id, limit) -> (person_id: PersonId)
SELECT person_id FROM people_search_due WHERE org_id = :org_id LIMIT :limit;

-- name: list_search_beginning(org_id, begins, end, limit) -> (person_id: PersonId)
SELECT DISTINCT person_id FROM people_search_texts
WHERE org_id = :org_id AND kind > 1 AND text >= :begins AND text < :end LIMIT :limit;

-- name: note_searched(org_id, person_id)!
INSERT INTO people_search_due (org_id, person_id) VALUES (:org_id, :person_id)
ON CONFLICT (org_id, person_id) DO UPDATE SET org_id = excluded.org_id;

-- name: find_search_due()$ -> int | None
-- crosses organizations: the worker serves all of them.
SELECT person_id FROM people_search_due LIMIT 1;
