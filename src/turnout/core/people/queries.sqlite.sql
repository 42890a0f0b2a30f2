-- name: merge_people(rows, now) -> (org_id: OrgId, id: PersonId, email_key: str)
-- crosses organizations: one batch of submissions; every row names its own.
-- `rows` is JSON: [[org_id, id, uuid, email, email_key, title, …, phone], …], one row a person, by
-- rising organization and key: two who merge the same people then never wait in a ring. Otherwise
-- like merge_person.
INSERT INTO people
    (org_id, id, uuid, email, email_key, title, first_name, last_name, company, job_title,
     address_line1, address_line2, address_line3, city, county_or_state, post_code, country_code,
     phone, created_at, updated_at)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5,
    r.value ->> 6, r.value ->> 7, r.value ->> 8, r.value ->> 9, r.value ->> 10, r.value ->> 11,
    r.value ->> 12, r.value ->> 13, r.value ->> 14, r.value ->> 15, r.value ->> 16,
    r.value ->> 17, :now, :now
FROM json_each(:rows) r
WHERE true
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
RETURNING org_id, id, email_key;

-- name: list_people_chosen(org_id, ids)
--     -> (id: PersonId, uuid: str, contact: Contact, created_at: int, updated_at: int)
WITH chosen AS MATERIALIZED (SELECT value AS id FROM json_each(:ids))
SELECT p.id, p.uuid, p.email, p.title, p.first_name, p.last_name, p.company, p.job_title,
    p.address_line1,
    p.address_line2, p.address_line3, p.city, p.county_or_state, p.post_code, p.country_code,
    p.phone,
    p.created_at, p.updated_at
FROM chosen JOIN people p ON p.org_id = :org_id AND p.id = chosen.id
WHERE p.merged_into IS NULL ORDER BY p.id;

-- name: take_search_due(limit) -> (org_id: OrgId, person_id: PersonId)
-- crosses organizations: the worker serves all of them.
SELECT org_id, person_id FROM people_search_due ORDER BY org_id, person_id LIMIT :limit;

-- name: forget_search_due(keys)!
-- crosses organizations: one batch of people; every key names its own.
DELETE FROM people_search_due
WHERE (org_id, person_id) IN (SELECT g.value ->> 0 AS org_id,
    g.value ->> 1 AS id FROM json_each(:keys) g);

-- name: list_people_due(keys)
--     -> (org_id: OrgId, id: PersonId, uuid: str, contact: Contact, created_at: int,
--     updated_at: int)
-- crosses organizations: one batch of people; every key names its own.
WITH due AS MATERIALIZED (SELECT g.value ->> 0 AS org_id,
    g.value ->> 1 AS id FROM json_each(:keys) g)
SELECT p.org_id, p.id, p.uuid, p.email, p.title, p.first_name, p.last_name, p.company, p.job_title,
    p.address_line1,
    p.address_line2, p.address_line3, p.city, p.county_or_state, p.post_code, p.country_code,
    p.phone,
    p.created_at, p.updated_at
FROM due JOIN people p ON p.org_id = due.org_id AND p.id = due.id
WHERE p.merged_into IS NULL;

-- name: list_search_texts(keys) -> (org_id: OrgId, person_id: PersonId, text: str)
-- crosses organizations: one batch of people; every key names its own.
WITH due AS MATERIALIZED (SELECT g.value ->> 0 AS org_id,
    g.value ->> 1 AS id FROM json_each(:keys) g)
SELECT t.org_id, t.person_id, t.text FROM due
JOIN people_search_texts t ON t.org_id = due.org_id AND t.person_id = due.id AND t.kind = 1;

-- name: delete_search_texts(keys)!
-- crosses organizations: one batch of people; every key names its own.
DELETE FROM people_search_texts
WHERE (org_id, person_id) IN (SELECT g.value ->> 0 AS org_id,
    g.value ->> 1 AS id FROM json_each(:keys) g);

-- name: add_search_texts(rows)!
-- crosses organizations: one batch of people; every row names its own.
INSERT INTO people_search_texts (org_id, person_id, kind, text)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3 FROM json_each(:rows) r;
