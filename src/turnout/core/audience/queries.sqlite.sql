-- name: find_watched(heartbeats) -> (number: int, event_id: EventId, media: Media)
-- crosses organizations: a group of heartbeats holds those of many.
-- `heartbeats` is JSON: [[org_id, registration_id, session_id], …]. Whose place and media are
-- these?
SELECT b.key AS number, r.event_id, m.kind, m.url, m.is_simulated, m.is_on_demand, m.live_from,
    m.live_until
FROM json_each(:heartbeats) b
CROSS JOIN registrations r ON r.org_id = b.value ->> 0 AND r.id = b.value ->> 1
CROSS JOIN sessions s ON s.org_id = r.org_id AND s.id = b.value ->> 2 AND s.event_id = r.event_id
CROSS JOIN session_media m ON m.org_id = s.org_id AND m.session_id = s.id
WHERE r.state = 'confirmed';

-- name: list_touching(parts)
--     -> (org_id: OrgId, event_id: EventId, registration_id: RegistrationId, mode: str,
--         session_id: SessionId, starts_at: int, ends_at: int)
-- crosses organizations: a group of heartbeats holds those of many.
-- `parts` is JSON: [[org_id, event_id, registration_id, mode, session_id, start, end], …].
SELECT v.org_id, v.event_id, v.registration_id, v.mode, v.session_id, v.starts_at, v.ends_at
FROM json_each(:parts) b
CROSS JOIN viewings v ON v.org_id = b.value ->> 0 AND v.event_id = b.value ->> 1
    AND v.registration_id = b.value ->> 2 AND v.mode = b.value ->> 3
    AND v.session_id = b.value ->> 4 AND v.starts_at <= b.value ->> 6
    AND v.ends_at >= b.value ->> 5;

-- name: list_custom_questions(org_id, event_id) -> (question: str)
-- Every custom question that somebody was asked, in the order in which they came up: that is how
-- the rows are read, and DISTINCT lets each through when it comes first. (Grouping and ordering
-- would sort all of them; the limit keeps the order of the rows from being left out.)
SELECT DISTINCT a.value ->> 'question' AS question
FROM (
    SELECT answers FROM registrations
    WHERE org_id = :org_id AND event_id = :event_id AND state = 'confirmed' ORDER BY id LIMIT -1
) r CROSS JOIN json_each(r.answers, '$.answers') a;

-- part: chosen_registrations
-- Whom a report is about: the confirmed registrations `r` of an event with their people `p`, as its
-- filters say.
FROM registrations r
CROSS JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
    AND (:is_ranged = 0
        OR (:by_regs = 1 AND r.created_at >= :starts_at AND r.created_at < :ends_at)
        OR (:by_views = 1 AND EXISTS (
            SELECT 1 FROM viewings v
            WHERE v.org_id = r.org_id AND v.event_id = r.event_id AND v.registration_id = r.id
                AND v.starts_at < :ends_at AND v.ends_at > :starts_at)))
    AND (:sti IS NULL OR r.sti IN (SELECT value FROM sources))
    AND (:include IS NULL OR EXISTS (
        SELECT 1 FROM included d WHERE substr(p.email_key, -length(d.value)) = d.value))
    AND (:exclude IS NULL OR NOT EXISTS (
        SELECT 1 FROM excluded d WHERE substr(p.email_key, -length(d.value)) = d.value))
    AND (:has_asked = 0 OR EXISTS (
        SELECT 1 FROM questions q
        WHERE q.org_id = r.org_id AND q.event_id = r.event_id AND q.registration_id = r.id))
    AND (:has_answered = 0 OR EXISTS (
        SELECT 1 FROM survey_answers a
        WHERE a.org_id = r.org_id AND a.event_id = r.event_id AND a.registration_id = r.id
            AND a.is_poll = 0))
    AND (:is_viewer = 0
        OR (:is_no_show = 1 AND NOT EXISTS (
            SELECT 1 FROM viewings v
            WHERE v.org_id = r.org_id AND v.event_id = r.event_id AND v.registration_id = r.id))
        OR EXISTS (
            SELECT 1 FROM viewings v
            WHERE v.org_id = r.org_id AND v.event_id = r.event_id AND v.registration_id = r.id
                AND ((:is_live = 1 AND v.mode = 'live') OR (:is_simlive = 1 AND v.mode = 'simlive')
                    OR (:is_od = 1 AND v.mode = 'od'))))
    AND (:is_timed = 0 OR (
        SELECT sum(v.ends_at - v.starts_at) FROM viewings v
        WHERE v.org_id = r.org_id AND v.event_id = r.event_id AND v.registration_id = r.id)
        BETWEEN :least_ms AND :most_ms)
    AND (:is_arrived = 0 OR (
        SELECT min(t.checked_in_at) FROM tickets t
        WHERE t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid')
        BETWEEN :came_from AND :came_until)

-- name: report(org_id, event_id, is_ranged, by_regs: int, by_views: int, starts_at, ends_at,
--     sti, include, exclude, has_asked, has_answered, is_viewer, is_live, is_simlive, is_od,
--     is_no_show, is_timed, least_ms: int, most_ms: int, is_arrived, came_from: int,
--     came_until: int, is_table)
--     -> (RegistrationId, str, str | None, str | None, str | None, str | None, str | None,
--         str | None, int, str, str, str, str, str)
-- A row a registrant, by rising number. `sti`, `include` and `exclude` are JSON or null; the flags
-- are 0 or 1. The contract's table of parameters has what each means. With `is_table` the texts
-- come as one, parted by unit separators (31), and sums and counts in place of the lists:
-- `live,simlive,od|first|last`, seconds and instants.
WITH
    sources AS MATERIALIZED (SELECT value FROM json_each(:sti)),
    included AS MATERIALIZED (SELECT value FROM json_each(:include)),
    excluded AS MATERIALIZED (SELECT value FROM json_each(:exclude))
SELECT r.id,
    CASE WHEN :is_table = 1
        THEN replace(p.email, char(31), char(65533))
        || char(31) || replace(p.first_name, char(31), char(65533))
        || char(31) || replace(p.last_name, char(31), char(65533))
        || char(31) || replace(p.company, char(31), char(65533))
        || char(31) || replace(p.job_title, char(31), char(65533))
        || char(31) || replace(p.phone, char(31), char(65533))
        || char(31) || replace(p.country_code, char(31), char(65533))
        ELSE p.email END,
    CASE WHEN :is_table = 0 THEN p.first_name END,
    CASE WHEN :is_table = 0 THEN p.last_name END,
    CASE WHEN :is_table = 0 THEN p.company END,
    CASE WHEN :is_table = 0 THEN p.job_title END,
    CASE WHEN :is_table = 0 THEN p.phone END,
    CASE WHEN :is_table = 0 THEN p.country_code END,
    r.created_at, r.sti,
    r.answers,
    CASE WHEN :is_table = 1
        THEN (SELECT (coalesce(
                sum(CASE WHEN w.mode = 'live' THEN w.ends_at - w.starts_at END), 0) / 1000)
            || ',' || (coalesce(
                sum(CASE WHEN w.mode = 'simlive' THEN w.ends_at - w.starts_at END), 0) / 1000)
            || ',' || (coalesce(
                sum(CASE WHEN w.mode = 'od' THEN w.ends_at - w.starts_at END), 0) / 1000)
            || '|' || min(w.starts_at) || '|' || max(w.ends_at)
        FROM viewings w
        WHERE w.org_id = r.org_id AND w.event_id = r.event_id AND w.registration_id = r.id)
        ELSE (SELECT json_group_array(json_array(v.mode, v.starts_at, v.ends_at)) FROM (
        SELECT mode, starts_at, ends_at FROM viewings w
        WHERE w.org_id = r.org_id AND w.event_id = r.event_id AND w.registration_id = r.id
        ORDER BY starts_at, mode, session_id) v) END,
    CASE WHEN :is_table = 1
        THEN CAST((SELECT count(*) FROM questions w
            WHERE w.org_id = r.org_id AND w.event_id = r.event_id
                AND w.registration_id = r.id) AS TEXT)
        ELSE (SELECT json_group_array(json_array(q.question, q.answer)) FROM (
        SELECT question, answer FROM questions w
        WHERE w.org_id = r.org_id AND w.event_id = r.event_id AND w.registration_id = r.id
        ORDER BY w.id) q) END,
    CASE WHEN :is_table = 1
        THEN CAST((SELECT count(DISTINCT w.survey_id) FROM survey_answers w
            WHERE w.org_id = r.org_id AND w.event_id = r.event_id
                AND w.registration_id = r.id AND w.is_poll = 0) AS TEXT)
        ELSE (SELECT json_group_array(json_array(a.survey_id, a.question, a.answer)) FROM (
        SELECT survey_id, question, answer FROM survey_answers w
        WHERE w.org_id = r.org_id AND w.event_id = r.event_id AND w.registration_id = r.id
            AND w.is_poll = 0
        ORDER BY w.survey_id, w.number) a) END
-- use: chosen_registrations
ORDER BY r.id;

-- name: count_groups(org_id, event_id)
--     -> (kind: str, name: str, total: int, live: int, simlive: int, od: int)
--         od: int | None)
-- Registrants by campaign source and by the domain of their address: how many, and how many of
-- them watched in each mode.
WITH own AS MATERIALIZED (
    SELECT r.sti AS sti,
        substr(p.email_key, length(rtrim(p.email_key, replace(p.email_key, '@', ''))) + 1)
            AS domain,
        EXISTS (SELECT 1 FROM viewings v WHERE v.org_id = r.org_id AND v.event_id = r.event_id
            AND v.registration_id = r.id AND v.mode = 'live') AS live,
        EXISTS (SELECT 1 FROM viewings v WHERE v.org_id = r.org_id AND v.event_id = r.event_id
            AND v.registration_id = r.id AND v.mode = 'simlive') AS simlive,
        EXISTS (SELECT 1 FROM viewings v WHERE v.org_id = r.org_id AND v.event_id = r.event_id
            AND v.registration_id = r.id AND v.mode = 'od') AS od
    FROM registrations r
    CROSS JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
    WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed')
SELECT 'source' AS kind, sti AS name, count(*) AS total, sum(live) AS live,
    sum(simlive) AS simlive, sum(od) AS od
FROM own GROUP BY sti
UNION ALL
SELECT 'domain', coalesce(domain, ''), count(*), sum(live), sum(simlive), sum(od)
FROM own GROUP BY 2
ORDER BY 1, 3 DESC, 2;

-- name: count_turnout(org_id, event_id, is_ranged, by_regs: int, by_views: int, starts_at, ends_at,
--     sti, include, exclude, has_asked, has_answered, is_viewer, is_live, is_simlive, is_od,
--     is_no_show, is_timed, least_ms: int, most_ms: int, is_arrived, came_from: int,
--     came_until: int)
--     -> (kind: str, name: str, number: int, total: int, door: int, screen: int, both_ways: int)
-- Those whom `report` has with the same filters, counted: in all, by the hour in which they
-- registered, the quarter of an hour in which they were checked in, the minutes they watched, and
-- where they came from; sessions by their number, booked (`session`) and watched (`seen`).
WITH
    sources AS MATERIALIZED (SELECT value FROM json_each(:sti)),
    included AS MATERIALIZED (SELECT value FROM json_each(:include)),
    excluded AS MATERIALIZED (SELECT value FROM json_each(:exclude)),
    chosen AS MATERIALIZED (
    SELECT r.id, r.created_at, r.sti,
        substr(p.email_key, length(rtrim(p.email_key, replace(p.email_key, '@', ''))) + 1)
            AS domain,
        (SELECT min(t.checked_in_at) FROM tickets t
            WHERE t.org_id = r.org_id AND t.registration_id = r.id AND t.state = 'valid')
            AS came_at,
        (SELECT CAST(sum(w.ends_at - w.starts_at) AS BIGINT) FROM viewings w
            WHERE w.org_id = r.org_id AND w.event_id = r.event_id AND w.registration_id = r.id)
            AS watched_ms,
        EXISTS (SELECT 1 FROM questions w WHERE w.org_id = r.org_id AND w.event_id = r.event_id
            AND w.registration_id = r.id) AS has_asked,
        EXISTS (SELECT 1 FROM survey_answers w WHERE w.org_id = r.org_id
            AND w.event_id = r.event_id AND w.registration_id = r.id AND w.is_poll = 0)
            AS has_answered,
        EXISTS (SELECT 1 FROM invitations i WHERE i.org_id = r.org_id
            AND i.person_id = r.person_id AND i.event_id = r.event_id AND i.sent_at IS NOT NULL)
            AS is_invited
    -- use: chosen_registrations
)
SELECT 'all' AS kind, '' AS name, 0 AS number, count(*) AS total,
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
SELECT 'source', sti, 0, count(*), count(came_at), count(watched_ms),
    count(CASE WHEN came_at IS NOT NULL THEN watched_ms END)
FROM chosen GROUP BY sti
UNION ALL
SELECT 'domain', coalesce(domain, ''), 0, count(*), count(came_at), count(watched_ms),
    count(CASE WHEN came_at IS NOT NULL THEN watched_ms END)
FROM chosen GROUP BY coalesce(domain, '')
UNION ALL
SELECT 'session', '', b.session_id, count(*), count(c.came_at), 0, 0
FROM chosen c
CROSS JOIN session_bookings b ON b.org_id = :org_id AND b.registration_id = c.id
GROUP BY b.session_id
UNION ALL
SELECT 'seen', '', v.session_id, 0, 0, count(DISTINCT v.registration_id), 0
FROM viewings v JOIN chosen c ON c.id = v.registration_id
WHERE v.org_id = :org_id AND v.event_id = :event_id GROUP BY v.session_id
ORDER BY 1, 3, 4 DESC, 2;
