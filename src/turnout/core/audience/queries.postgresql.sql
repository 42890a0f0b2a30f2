-- name: find_watched(heartbeats) -> (number: int, event_id: EventId, media: Media)
-- crosses organizations: a group of heartbeats holds those of many.
-- Locks the registrations, by rising number: heartbeats of one viewer are merged one after another.
SELECT b.key - 1 AS number, r.event_id, m.kind, m.url, m.is_simulated, m.is_on_demand, m.live_from,
    m.live_until
FROM jsonb_array_elements(CAST(:heartbeats AS JSONB)) WITH ORDINALITY b (value, key)
JOIN registrations r ON r.org_id = CAST(b.value ->> 0 AS BIGINT)
    AND r.id = CAST(b.value ->> 1 AS BIGINT)
JOIN sessions s ON s.org_id = r.org_id AND s.id = CAST(b.value ->> 2 AS BIGINT)
    AND s.event_id = r.event_id
JOIN session_media m ON m.org_id = s.org_id AND m.session_id = s.id
WHERE r.state = 'confirmed'
ORDER BY r.org_id, r.id FOR NO KEY UPDATE OF r;

-- name: list_touching(parts)
--     -> (org_id: OrgId, event_id: EventId, registration_id: RegistrationId, mode: str,
--         session_id: SessionId, starts_at: int, ends_at: int)
-- crosses organizations: a group of heartbeats holds those of many.
SELECT v.org_id, v.event_id, v.registration_id, v.mode, v.session_id, v.starts_at, v.ends_at
FROM jsonb_array_elements(CAST(:parts AS JSONB)) b (value)
JOIN viewings v ON v.org_id = CAST(b.value ->> 0 AS BIGINT)
    AND v.event_id = CAST(b.value ->> 1 AS BIGINT)
    AND v.registration_id = CAST(b.value ->> 2 AS BIGINT) AND v.mode = b.value ->> 3
    AND v.session_id = CAST(b.value ->> 4 AS BIGINT)
    AND v.starts_at <= CAST(b.value ->> 6 AS BIGINT)
    AND v.ends_at >= CAST(b.value ->> 5 AS BIGINT);

-- name: list_custom_questions(org_id, event_id) -> (question: str)
-- Every custom question that somebody was asked, in the order in which they came up.
SELECT a.value ->> 'question' AS question
FROM registrations r
CROSS JOIN jsonb_array_elements(CAST(r.answers AS JSONB) -> 'answers')
    WITH ORDINALITY a (value, key)
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
GROUP BY 1 ORDER BY min(r.id * 1000 + a.key);

-- part: chosen_registrations
-- Whom a report is about: the confirmed registrations `r` of an event with their people `p`, as its
-- filters say.
FROM registrations r
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
    AND (CAST(:is_ranged AS BIGINT) = 0
        OR (CAST(:by_regs AS BIGINT) = 1 AND r.created_at >= CAST(:starts_at AS BIGINT)
            AND r.created_at < CAST(:ends_at AS BIGINT))
        OR (CAST(:by_views AS BIGINT) = 1 AND EXISTS (
            SELECT 1 FROM viewings v
            WHERE v.org_id = r.org_id AND v.event_id = r.event_id AND v.registration_id = r.id
                AND v.starts_at < CAST(:ends_at AS BIGINT)
                AND v.ends_at > CAST(:starts_at AS BIGINT))))
    AND (CAST(:sti AS TEXT) IS NULL
        OR r.sti IN (SELECT jsonb_array_elements_text(CAST(:sti AS JSONB))))
    AND (CAST(:include AS TEXT) IS NULL OR EXISTS (
        SELECT 1 FROM jsonb_array_elements_text(CAST(:include AS JSONB)) d (value)
        WHERE right(p.email_key, length(d.value)) = d.value))
    AND (CAST(:exclude AS TEXT) IS NULL OR NOT EXISTS (
        SELECT 1 FROM jsonb_array_elements_text(CAST(:exclude AS JSONB)) d (value)
        WHERE right(p.email_key, length(d.value)) = d.value))
    AND (CAST(:has_asked AS BIGINT) = 0 OR EXISTS (
        SELECT 1 FROM questions q
        WHERE q.org_id = r.org_id AND q.event_id = r.event_id AND q.registration_id = r.id))
    AND (CAST(:has_answered AS BIGINT) = 0 OR EXISTS (
        SELECT 1 FROM survey_answers a
        WHERE a.org_id = r.org_id AND a.event_id = r.event_id AND a.registration_id = r.id
            AND a.is_poll = 0))
    AND (CAST(:is_viewer AS BIGINT) = 0
        OR (CAST(:is_no_show AS BIGINT) = 1 AND NOT EXISTS (
            SELECT 1 FROM viewings v
            WHERE v.org_id = r.org_id AND v.event_id = r.event_id AND v.registration_id = r.id))
        OR EXISTS (
            SELECT 1 FROM viewings v
            WHERE v.org_id = r.org_id AND v.event_id = r.event_id AND v.registration_id = r.id
                AND ((CAST(:is_live AS BIGINT) = 1 AND v.mode = 'live')
                    OR (CAST(:is_simlive AS BIGINT) = 1 AND v.mode = 'simlive')
                    OR (CAST(:is_od AS BIGINT) = 1 AND v.mode = 'od'))))
    AND (CAST(:is_timed AS BIGINT) = 0 OR (
        SELECT sum(v.ends_at - v.starts_at) FROM viewings v
        WHERE v.org_id = r.org_id AND v.event_id = r.event_id AND v.registration_id = r.id)
        BETWEEN CAST(:least_ms AS BIGINT) AND CAST(:most_ms AS BIGINT))
    AND (CAST(:is_arrived AS BIGINT) = 0 OR (
        SELECT min(t.checked_in_at) FROM tickets t
        WHERE t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid')
        BETWEEN CAST(:came_from AS BIGINT) AND CAST(:came_until AS BIGINT))

-- name: report(org_id, event_id, is_ranged, by_regs: int, by_views: int, starts_at, ends_at,
--     sti, include, exclude, has_asked, has_answered, is_viewer, is_live, is_simlive, is_od,
--     is_no_show, is_timed, least_ms: int, most_ms: int, is_arrived, came_from: int,
--     came_until: int, is_table)
--     -> (RegistrationId, str, str | None, str | None, str | None, str | None, str | None,
--         str | None, int, str, str, str, str, str)
-- A row a registrant, by rising number; see queries.sqlite.sql.
SELECT r.id,
    CASE WHEN CAST(:is_table AS BIGINT) = 1
        THEN replace(p.email, chr(31), chr(65533))
        || chr(31) || replace(p.first_name, chr(31), chr(65533))
        || chr(31) || replace(p.last_name, chr(31), chr(65533))
        || chr(31) || replace(p.company, chr(31), chr(65533))
        || chr(31) || replace(p.job_title, chr(31), chr(65533))
        || chr(31) || replace(p.phone, chr(31), chr(65533))
        || chr(31) || replace(p.country_code, chr(31), chr(65533))
        ELSE p.email END,
    CASE WHEN CAST(:is_table AS BIGINT) = 0 THEN p.first_name END,
    CASE WHEN CAST(:is_table AS BIGINT) = 0 THEN p.last_name END,
    CASE WHEN CAST(:is_table AS BIGINT) = 0 THEN p.company END,
    CASE WHEN CAST(:is_table AS BIGINT) = 0 THEN p.job_title END,
    CASE WHEN CAST(:is_table AS BIGINT) = 0 THEN p.phone END,
    CASE WHEN CAST(:is_table AS BIGINT) = 0 THEN p.country_code END,
    r.created_at, r.sti,
    r.answers,
    CASE WHEN CAST(:is_table AS BIGINT) = 1
        THEN (SELECT (CAST(coalesce(
                sum(CASE WHEN w.mode = 'live' THEN w.ends_at - w.starts_at END), 0)
                AS BIGINT) / 1000)
            || ',' || (CAST(coalesce(
                sum(CASE WHEN w.mode = 'simlive' THEN w.ends_at - w.starts_at END), 0)
                AS BIGINT) / 1000)
            || ',' || (CAST(coalesce(
                sum(CASE WHEN w.mode = 'od' THEN w.ends_at - w.starts_at END), 0)
                AS BIGINT) / 1000)
            || '|' || min(w.starts_at) || '|' || max(w.ends_at)
        FROM viewings w
        WHERE w.org_id = r.org_id AND w.event_id = r.event_id AND w.registration_id = r.id)
        ELSE CAST((SELECT json_agg(json_build_array(w.mode, w.starts_at, w.ends_at)
            ORDER BY w.starts_at, w.mode COLLATE "C", w.session_id)
        FROM viewings w
        WHERE w.org_id = r.org_id AND w.event_id = r.event_id AND w.registration_id = r.id)
        AS TEXT) END,
    CASE WHEN CAST(:is_table AS BIGINT) = 1
        THEN CAST((SELECT count(*) FROM questions w
            WHERE w.org_id = r.org_id AND w.event_id = r.event_id
                AND w.registration_id = r.id) AS TEXT)
        ELSE CAST((SELECT json_agg(json_build_array(w.question, w.answer) ORDER BY w.id)
        FROM questions w
        WHERE w.org_id = r.org_id AND w.event_id = r.event_id AND w.registration_id = r.id)
        AS TEXT) END,
    CASE WHEN CAST(:is_table AS BIGINT) = 1
        THEN CAST((SELECT count(DISTINCT w.survey_id) FROM survey_answers w
            WHERE w.org_id = r.org_id AND w.event_id = r.event_id
                AND w.registration_id = r.id AND w.is_poll = 0) AS TEXT)
        ELSE CAST((SELECT json_agg(json_build_array(w.survey_id, w.question, w.answer)
            ORDER BY w.survey_id, w.number)
        FROM survey_answers w
        WHERE w.org_id = r.org_id AND w.event_id = r.event_id AND w.registration_id = r.id
            AND w.is_poll = 0)
        AS TEXT) END
-- use: chosen_registrations
ORDER BY r.id;

-- name: count_groups(org_id, event_id)
--     -> (kind: str, name: str, total: int, live: int, simlive: int, od: int)
--         od: int | None)
-- See queries.sqlite.sql.
WITH own AS MATERIALIZED (
    SELECT r.sti AS sti, substring(p.email_key FROM '[^@]*$') AS domain,
        CAST(EXISTS (SELECT 1 FROM viewings v WHERE v.org_id = r.org_id
            AND v.event_id = r.event_id AND v.registration_id = r.id AND v.mode = 'live')
            AS INTEGER) AS live,
        CAST(EXISTS (SELECT 1 FROM viewings v WHERE v.org_id = r.org_id
            AND v.event_id = r.event_id AND v.registration_id = r.id AND v.mode = 'simlive')
            AS INTEGER) AS simlive,
        CAST(EXISTS (SELECT 1 FROM viewings v WHERE v.org_id = r.org_id
            AND v.event_id = r.event_id AND v.registration_id = r.id AND v.mode = 'od')
            AS INTEGER) AS od
    FROM registrations r
    JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
    WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed')
SELECT 'source' AS kind, sti COLLATE "C" AS name, count(*) AS total, sum(live) AS live,
    sum(simlive) AS simlive, sum(od) AS od
FROM own GROUP BY sti COLLATE "C"
UNION ALL
SELECT 'domain', coalesce(domain, '') COLLATE "C", count(*), sum(live), sum(simlive), sum(od)
FROM own GROUP BY coalesce(domain, '') COLLATE "C"
ORDER BY 1, 3 DESC, 2;

-- name: count_turnout(org_id, event_id, is_ranged, by_regs: int, by_views: int, starts_at, ends_at,
--     sti, include, exclude, has_asked, has_answered, is_viewer, is_live, is_simlive, is_od,
--     is_no_show, is_timed, least_ms: int, most_ms: int, is_arrived, came_from: int,
--     came_until: int)
--     -> (kind: str, name: str, number: int, total: int, door: int, screen: int, both_ways: int)
-- See queries.sqlite.sql.
WITH chosen AS MATERIALIZED (
    SELECT r.id, r.created_at, r.sti, substring(p.email_key FROM '[^@]*$') AS domain,
        (SELECT min(t.checked_in_at) FROM tickets t
            WHERE t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid')
            AS came_at,
        (SELECT CAST(sum(w.ends_at - w.starts_at) AS BIGINT) FROM viewings w
            WHERE w.org_id = r.org_id AND w.event_id = r.event_id AND w.registration_id = r.id)
            AS watched_ms,
        CAST(EXISTS (SELECT 1 FROM questions w WHERE w.org_id = r.org_id
            AND w.event_id = r.event_id AND w.registration_id = r.id) AS INTEGER) AS has_asked,
        CAST(EXISTS (SELECT 1 FROM survey_answers w WHERE w.org_id = r.org_id
            AND w.event_id = r.event_id AND w.registration_id = r.id AND w.is_poll = 0)
            AS INTEGER) AS has_answered,
        CAST(EXISTS (SELECT 1 FROM invitations i WHERE i.org_id = r.org_id
            AND i.person_id = r.person_id AND i.event_id = r.event_id AND i.sent_at IS NOT NULL)
            AS INTEGER) AS is_invited
    -- use: chosen_registrations
)
SELECT 'all' AS kind, '' COLLATE "C" AS name, 0 AS number, count(*) AS total,
    count(came_at) AS door, count(watched_ms) AS screen,
    count(CASE WHEN came_at IS NOT NULL THEN watched_ms END) AS both_ways
FROM chosen
UNION ALL
SELECT 'asked', '', 0, count(*), 0, 0, 0 FROM chosen WHERE has_asked = 1
UNION ALL
SELECT 'answered', '', 0, count(*), 0, 0, 0 FROM chosen WHERE has_answered = 1
UNION ALL
SELECT 'invited', '', 0, count(*), count(came_at), count(watched_ms),
    count(CASE WHEN came_at IS NOT NULL THEN watched_ms END)
FROM chosen WHERE is_invited = 1
UNION ALL
SELECT 'hour', '', created_at / 3600000, count(*), count(came_at), count(watched_ms), 0
FROM chosen GROUP BY created_at / 3600000
UNION ALL
SELECT 'arrival', '', came_at / 900000, count(*), 0, 0, 0
FROM chosen WHERE came_at IS NOT NULL GROUP BY came_at / 900000
UNION ALL
SELECT 'minute', '', watched_ms / 60000, count(*), 0, 0, 0
FROM chosen WHERE watched_ms IS NOT NULL GROUP BY watched_ms / 60000
UNION ALL
SELECT 'source', sti COLLATE "C", 0, count(*), count(came_at), count(watched_ms),
    count(CASE WHEN came_at IS NOT NULL THEN watched_ms END)
FROM chosen GROUP BY sti COLLATE "C"
UNION ALL
SELECT 'domain', coalesce(domain, '') COLLATE "C", 0, count(*), count(came_at), count(watched_ms),
    count(CASE WHEN came_at IS NOT NULL THEN watched_ms END)
FROM chosen GROUP BY coalesce(domain, '') COLLATE "C"
UNION ALL
SELECT 'session', '', b.session_id, count(*), count(c.came_at), 0, 0
FROM session_bookings b JOIN chosen c ON c.id = b.registration_id
WHERE b.org_id = :org_id GROUP BY b.session_id
UNION ALL
SELECT 'seen', '', v.session_id, 0, 0, count(DISTINCT v.registration_id), 0
FROM viewings v JOIN chosen c ON c.id = v.registration_id
WHERE v.org_id = :org_id AND v.event_id = :event_id GROUP BY v.session_id
ORDER BY 1, 3, 4 DESC, 2;
