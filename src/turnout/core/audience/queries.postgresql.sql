-- == viewing ==

-- name: lock_registration(org_id, id, event_id)$
SELECT 1 FROM registrations WHERE org_id = :org_id AND id = :id AND event_id = :event_id FOR UPDATE;

-- == reporting ==

-- name: list_registrants(org_id, event_id, is_dated, from_at, until_at, by_registration, by_viewing, tags, only_domains, not_domains, asked, answered, has_modes, live, on_demand, simlive, no_shows)
-- A report's registrants by number; the last three columns are JSON: viewings as [session, mode,
-- start, end], questions asked and survey answers as [question, answer]. Lists are JSON, empty =
-- any.
SELECT r.id, p.email, p.first_name, p.last_name, p.company, p.job_title, p.phone, p.country_code,
    r.created_at, r.source_tag, r.answers,
    (SELECT CAST(coalesce(json_agg(json_build_array(v.session_id, v.mode, v.starts_at, v.ends_at)
        ORDER BY v.starts_at), '[]') AS TEXT) FROM viewings v
        WHERE v.org_id = r.org_id AND v.registration_id = r.id),
    (SELECT CAST(coalesce(json_agg(json_build_array(q.question, q.answer) ORDER BY q.id), '[]') AS TEXT) FROM asked_questions q
        WHERE q.org_id = r.org_id AND q.registration_id = r.id),
    (SELECT CAST(coalesce(json_agg(json_build_array(s.question, a.answer) ORDER BY s.id), '[]') AS TEXT) FROM survey_answers a
        JOIN survey_questions s ON s.org_id = a.org_id AND s.id = a.question_id
        WHERE a.org_id = r.org_id AND a.registration_id = r.id)
FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
    AND (:is_dated = 0
        OR (:by_registration = 1 AND r.created_at >= :from_at AND r.created_at < :until_at)
        OR (:by_viewing = 1 AND EXISTS (SELECT 1 FROM viewings d
            WHERE d.org_id = r.org_id AND d.registration_id = r.id
            AND d.starts_at < :until_at AND d.ends_at > :from_at)))
    AND (:tags = '' OR r.source_tag IN (SELECT jsonb_array_elements_text(CAST(CASE :tags WHEN '' THEN '[]' ELSE :tags END AS jsonb))))
    AND (:only_domains = '' OR lower(split_part(p.email, '@', 2)) IN (SELECT jsonb_array_elements_text(
        CAST(CASE :only_domains WHEN '' THEN '[]' ELSE :only_domains END AS jsonb))))
    AND (:not_domains = '' OR lower(split_part(p.email, '@', 2)) NOT IN (SELECT jsonb_array_elements_text(
        CAST(CASE :not_domains WHEN '' THEN '[]' ELSE :not_domains END AS jsonb))))
    AND (:asked = 0 OR EXISTS (SELECT 1 FROM asked_questions w
        WHERE w.org_id = r.org_id AND w.registration_id = r.id))
    AND (:answered = 0 OR EXISTS (SELECT 1 FROM survey_answers w
        WHERE w.org_id = r.org_id AND w.registration_id = r.id))
    AND (:has_modes = 0
        OR EXISTS (SELECT 1 FROM viewings m WHERE m.org_id = r.org_id AND m.registration_id = r.id
            AND ((m.mode = 'live' AND :live = 1) OR (m.mode = 'od' AND :on_demand = 1)
                OR (m.mode = 'simlive' AND :simlive = 1)))
        OR (:no_shows = 1 AND NOT EXISTS (SELECT 1 FROM viewings n
            WHERE n.org_id = r.org_id AND n.registration_id = r.id)))
ORDER BY r.id;

-- name: list_custom_questions(org_id, event_id)
SELECT j.value ->> 'question' FROM registrations r
CROSS JOIN LATERAL jsonb_array_elements(CAST(r.answers AS jsonb) -> 'answers')
    WITH ORDINALITY j (value, place)
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
GROUP BY 1 ORDER BY min(r.id), min(j.place);
