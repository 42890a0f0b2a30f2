-- == pairing ==

-- name: add_pairing(org_id, id: PairingId, event_id, link_digest, code_digest, name, role, posts,
--     actor, now, ends_at, device_ends_at)!
INSERT INTO pairing_codes (org_id, id, event_id, link_digest, code_digest, name, role, posts,
    created_by, created_at, ends_at, device_ends_at)
VALUES (:org_id, :id, :event_id, :link_digest, :code_digest, :name, :role, :posts, :actor, :now,
    :ends_at, :device_ends_at);

-- name: forget_pairings(code_digest, now)!
-- crosses organizations: letters that have ended, or are drawn again, are free for anybody.
DELETE FROM pairing_codes WHERE code_digest = :code_digest OR ends_at <= :now;

-- name: find_pairing_by_link(digest, now)^ -> (org_id: OrgId, pairing: model.Pairing) | None
-- crosses organizations: the secret leads to the organization.
SELECT org_id, id, event_id, name, role, posts, created_by, ends_at, device_ends_at
FROM pairing_codes WHERE link_digest = :digest AND ends_at > :now;

-- name: find_pairing_by_code(digest, now)^ -> (org_id: OrgId, pairing: model.Pairing) | None
-- crosses organizations: the letters lead to the organization.
SELECT org_id, id, event_id, name, role, posts, created_by, ends_at, device_ends_at
FROM pairing_codes WHERE code_digest = :digest AND ends_at > :now;

-- name: take_pairing(org_id, id: PairingId)!
DELETE FROM pairing_codes WHERE org_id = :org_id AND id = :id;

-- name: list_old_pairings(before, limit) -> (org_id: OrgId, id: PairingId)
-- crosses organizations: ended codes are deleted for all of them.
SELECT org_id, id FROM pairing_codes WHERE ends_at < :before ORDER BY ends_at LIMIT :limit;

-- name: delete_pairing(org_id, id: PairingId)*!
DELETE FROM pairing_codes WHERE org_id = :org_id AND id = :id;

-- == devices ==

-- name: is_name_taken(org_id, name, now)$ -> int | None
SELECT 1 FROM door_devices
WHERE org_id = :org_id AND name = :name AND ends_at > :now AND revoked_at IS NULL LIMIT 1;

-- name: add_device(org_id, id: DeviceId, name, role, digest, word, browser, actor, now, ends_at,
--     confirmed_at: int | None)!
INSERT INTO door_devices (org_id, id, name, role, digest, word, browser, created_by, created_at,
    ends_at, confirmed_at, unsent)
VALUES (:org_id, :id, :name, :role, :digest, :word, :browser, :actor, :now, :ends_at,
    CAST(:confirmed_at AS BIGINT), 0);

-- name: add_post(org_id, device_id: DeviceId, event_id, gate_id: GateId | None, snapshot_key)!
INSERT INTO door_posts (org_id, device_id, event_id, gate_id, snapshot_key)
VALUES (:org_id, :device_id, :event_id, CAST(:gate_id AS BIGINT), :snapshot_key);

-- name: find_device(digest)^ -> (org_id: OrgId, device: model.Device) | None
-- crosses organizations: the secret leads to the organization.
SELECT org_id, id, name, role, word, browser, created_by, created_at, ends_at, confirmed_at,
    revoked_at, last_seen_at, battery, unsent
FROM door_devices WHERE digest = :digest;

-- name: list_posts(org_id, device_id: DeviceId) -> model.Post
SELECT event_id, gate_id, snapshot_key FROM door_posts
WHERE org_id = :org_id AND device_id = :device_id ORDER BY event_id;

-- name: list_devices(org_id, event_id, since) -> model.Device
SELECT d.id, d.name, d.role, d.word, d.browser, d.created_by, d.created_at, d.ends_at,
    d.confirmed_at, d.revoked_at, d.last_seen_at, d.battery, d.unsent
FROM door_posts p
JOIN door_devices d ON d.org_id = p.org_id AND d.id = p.device_id
WHERE p.org_id = :org_id AND p.event_id = :event_id AND d.ends_at >= :since
ORDER BY d.id DESC;

-- name: get_device(org_id, event_id, id: DeviceId)^ -> model.Device | None
SELECT d.id, d.name, d.role, d.word, d.browser, d.created_by, d.created_at, d.ends_at,
    d.confirmed_at, d.revoked_at, d.last_seen_at, d.battery, d.unsent
FROM door_posts p
JOIN door_devices d ON d.org_id = p.org_id AND d.id = p.device_id
WHERE p.org_id = :org_id AND p.event_id = :event_id AND p.device_id = :id;

-- name: confirm_device(org_id, id: DeviceId, now)!
UPDATE door_devices SET confirmed_at = :now
WHERE org_id = :org_id AND id = :id AND confirmed_at IS NULL;

-- name: revoke_device(org_id, id: DeviceId, now)!
UPDATE door_devices SET revoked_at = :now
WHERE org_id = :org_id AND id = :id AND revoked_at IS NULL;

-- name: note_device(org_id, id: DeviceId, battery: int | None, unsent: int, now)!
UPDATE door_devices SET last_seen_at = :now, battery = CAST(:battery AS BIGINT), unsent = :unsent
WHERE org_id = :org_id AND id = :id;

-- name: list_old_devices(before, limit) -> (org_id: OrgId, id: DeviceId)
-- crosses organizations: ended devices are deleted for all of them.
SELECT org_id, id FROM door_devices WHERE ends_at < :before ORDER BY ends_at LIMIT :limit;

-- name: delete_posts(org_id, id: DeviceId)*!
DELETE FROM door_posts WHERE org_id = :org_id AND device_id = :id;

-- name: delete_device(org_id, id: DeviceId)*!
DELETE FROM door_devices WHERE org_id = :org_id AND id = :id;

-- == scanning ==

-- name: find_code(org_id, event_id, id: TicketId)$ -> str | None
SELECT t.code FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
WHERE t.org_id = :org_id AND t.id = :id AND r.event_id = :event_id;

-- name: find_ticket(org_id, event_id, code)^ -> decisions.FoundTicket | None
SELECT t.id, t.code, t.registration_id, r.party_id, t.ticket_type_id, y.name AS type_name,
    p.first_name, p.last_name, p.company, t.checked_in_at
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE t.org_id = :org_id AND t.code = :code AND r.event_id = :event_id;

-- name: find_host(org_id, event_id, registration_id)$ -> RegistrationId | None
-- The registration of the contact of somebody's party, where the contact comes, too.
SELECT h.id FROM registrations r
JOIN parties g ON g.org_id = r.org_id AND g.id = r.party_id
JOIN registrations h ON h.org_id = g.org_id AND h.event_id = g.event_id
    AND h.person_id = g.contact_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.id = :registration_id;

-- name: list_companions(org_id, event_id, host_id: RegistrationId, party_id: int,
--     ticket_id: TicketId, limit)
--     -> (id: TicketId, registration_id: RegistrationId, first_name: str, last_name: str,
--         name: str, checked_in_at: int | None)
-- The other valid tickets of a party: of its members (`party_id` 0 = none), and of its contact (the
-- host) with everybody in the parties that the contact has made for the event.
SELECT t.id, r.id AS registration_id, p.first_name, p.last_name, y.name, t.checked_in_at
FROM (
    SELECT CAST(:host_id AS BIGINT) AS id
    UNION
    SELECT m.id FROM registrations m WHERE m.org_id = :org_id AND m.party_id = :party_id
    UNION
    SELECT n.id FROM registrations h
    JOIN parties g ON g.org_id = h.org_id AND g.contact_id = h.person_id
        AND g.event_id = h.event_id
    JOIN registrations n ON n.org_id = g.org_id AND n.party_id = g.id
    WHERE h.org_id = :org_id AND h.id = :host_id
) o
CROSS JOIN registrations r
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE r.org_id = :org_id AND r.id = o.id AND r.event_id = :event_id
    AND r.state = 'confirmed' AND t.state = 'valid' AND t.id <> :ticket_id
ORDER BY t.id LIMIT :limit;

-- name: find_admission(org_id, ticket_id: TicketId)^
--     -> (id: int, device: str, nonce: str | None, gate_id: GateId | None, at: int) | None
-- The last scan that checked a ticket in.
SELECT id, device, nonce, gate_id, at FROM scans
WHERE org_id = :org_id AND ticket_id = :ticket_id AND result = 'admitted'
ORDER BY id DESC LIMIT 1;

-- name: find_own_note(org_id, ticket_id: TicketId, device)^ -> (id: int, kind: str, at: int) | None
-- What a device has noted last of a ticket since that was checked in, and not taken back. Where
-- letting somebody in anyway was the check-in itself, that is taken back.
SELECT n.id, n.kind, n.at FROM door_notes n
WHERE n.org_id = :org_id AND n.ticket_id = :ticket_id AND n.device = :device
    AND n.kind <> 'paid' AND n.taken_back_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM scans a
        WHERE a.org_id = n.org_id AND a.ticket_id = n.ticket_id AND a.result = 'admitted'
            AND (a.id > n.id OR (n.kind = 'let_in' AND a.event_id = n.event_id
                AND a.device = n.device AND a.nonce = n.nonce)))
ORDER BY n.id DESC LIMIT 1;

-- name: take_back_note(org_id, id: int, at: int)!
UPDATE door_notes SET taken_back_at = :at WHERE org_id = :org_id AND id = :id;

-- name: take_back_act(org_id, event_id, device, nonce: str, at: int)!
-- What an act of a device has noted.
UPDATE door_notes SET taken_back_at = :at
WHERE org_id = :org_id AND event_id = :event_id AND device = :device AND nonce = :nonce
    AND taken_back_at IS NULL;

-- name: take_back_let_in(org_id, ticket_id: TicketId, device, since: int, at: int)!
UPDATE door_notes SET taken_back_at = :at
WHERE org_id = :org_id AND ticket_id = :ticket_id AND device = :device AND kind = 'let_in'
    AND at >= :since AND taken_back_at IS NULL;

-- name: find_next_admission(org_id, event_id, ticket_id: TicketId, device, nonce: str)^
--     -> (id: int, at: int, device: str, nonce: str) | None
-- The first scan after one of a device that let the same ticket in again: by itself without a
-- network, or anyway; and has not taken it back.
SELECT s.id, s.at, s.device, s.nonce FROM scans o
JOIN scans s ON s.org_id = o.org_id AND s.ticket_id = o.ticket_id AND s.event_id = o.event_id
    AND s.id <> o.id AND s.recorded_at >= o.recorded_at
WHERE o.org_id = :org_id AND o.event_id = :event_id AND o.device = :device AND o.nonce = :nonce
    AND o.ticket_id = :ticket_id AND s.result = 'repeated' AND s.nonce IS NOT NULL
    AND (EXISTS (
        SELECT 1 FROM door_conflicts c
        WHERE c.org_id = s.org_id AND c.event_id = s.event_id AND c.device = s.device
            AND c.nonce = s.nonce AND c.verdict = 'again')
        OR EXISTS (
        SELECT 1 FROM door_notes n
        WHERE n.org_id = s.org_id AND n.event_id = s.event_id AND n.device = s.device
            AND n.nonce = s.nonce AND n.kind = 'let_in' AND n.taken_back_at IS NULL))
    AND NOT EXISTS (
        SELECT 1 FROM scans u
        WHERE u.org_id = s.org_id AND u.ticket_id = s.ticket_id AND u.device = s.device
            AND u.result = 'undone' AND u.id > s.id AND NOT EXISTS (
                SELECT 1 FROM door_notes t
                WHERE t.org_id = u.org_id AND t.ticket_id = u.ticket_id AND t.device = u.device
                    AND t.taken_back_at = u.at))
ORDER BY s.id LIMIT 1;

-- name: make_admission(org_id, id: int)!
UPDATE scans SET result = 'admitted' WHERE org_id = :org_id AND id = :id;

-- name: move_check_in(org_id, id: TicketId, at: int, now)!
UPDATE tickets SET checked_in_at = :at, updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: has_scanned(org_id, ticket_id: TicketId, device)$ -> int | None
-- Whether a device has shown a ticket that was let in, by itself or before.
SELECT 1 FROM scans
WHERE org_id = :org_id AND ticket_id = :ticket_id AND device = :device
    AND result IN ('admitted', 'repeated')
LIMIT 1;

-- name: find_owed(org_id, ticket_id: TicketId)^ -> (amount_minor: int, currency: str) | None
-- What is open for a ticket that is not cancelled.
SELECT o.amount_minor, o.currency FROM payments o
JOIN tickets t ON t.org_id = o.org_id AND t.id = o.ticket_id AND t.state = 'valid'
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
    AND r.state = 'confirmed'
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id AND e.state <> 'cancelled'
WHERE o.org_id = :org_id AND o.ticket_id = :ticket_id AND o.state = 'open';

-- name: find_other_event(org_id, event_id, code)$ -> str | None
-- The title of another event that has a ticket with this code.
SELECT e.title FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
WHERE t.org_id = :org_id AND t.code = :code AND r.event_id <> :event_id;

-- name: is_ours(org_id, event_id, code)$ -> int | None
-- Whether a code is a ticket of any event of the organization, or was one of the event's.
SELECT 1 FROM tickets t WHERE t.org_id = :org_id AND t.code = :code
UNION ALL
SELECT 1 FROM departures d
WHERE d.org_id = :org_id AND d.event_id = :event_id AND d.code = :code
LIMIT 1;

-- name: add_note(org_id, id: int, event_id, ticket_id: TicketId, kind, reason, device, nonce: str,
--     gate_id: GateId | None, at: int, now)!
INSERT INTO door_notes (org_id, id, event_id, ticket_id, kind, reason, device, nonce, gate_id, at,
    recorded_at)
VALUES (:org_id, :id, :event_id, :ticket_id, :kind, :reason, :device, :nonce,
    CAST(:gate_id AS BIGINT), :at, :now)
ON CONFLICT (org_id, event_id, device, nonce) DO NOTHING;

-- name: has_note(org_id, event_id, device, nonce: str, kind)$ -> int | None
SELECT 1 FROM door_notes
WHERE org_id = :org_id AND event_id = :event_id AND device = :device AND nonce = :nonce
    AND kind = :kind;

-- name: find_earlier(org_id, event_id, device, nonce: str)$ -> str | None
-- The result of a scan that came before under the same nonce.
SELECT result FROM scans
WHERE org_id = :org_id AND event_id = :event_id AND device = :device AND nonce = :nonce;

-- name: touch_ticket(org_id, id: TicketId, now)!
-- Phones are told of what changed of a ticket, and of who is outside.
UPDATE tickets SET updated_at = :now WHERE org_id = :org_id AND id = :id;

-- name: find_passage(org_id, ticket_id: TicketId, since: int)$ -> str | None
-- The last time that somebody went out, came back or was let in anyway.
SELECT n.kind FROM door_notes n
WHERE n.org_id = :org_id AND n.ticket_id = :ticket_id AND n.at >= :since
    AND n.kind <> 'paid' AND n.taken_back_at IS NULL
ORDER BY n.id DESC LIMIT 1;

-- name: find_last_entry(org_id, ticket_id: TicketId, since: int)^ -> (device: str, at: int) | None
-- Who last let somebody in again.
SELECT n.device, n.at FROM door_notes n
WHERE n.org_id = :org_id AND n.ticket_id = :ticket_id AND n.at >= :since
    AND n.kind IN ('returned', 'let_in') AND n.taken_back_at IS NULL
ORDER BY n.id DESC LIMIT 1;

-- name: find_passage_before(org_id, event_id, ticket_id: TicketId, since: int, device, nonce: str)^
--     -> (kind: str, at: int, gate_id: GateId | None, device: str) | None
-- The last passage of a ticket before the one that a device has noted by that nonce.
SELECT n.kind, n.at, n.gate_id, n.device FROM door_notes n
WHERE n.org_id = :org_id AND n.ticket_id = :ticket_id AND n.at >= :since
    AND NOT EXISTS (
        SELECT 1 FROM door_notes o
        WHERE o.org_id = n.org_id AND o.event_id = :event_id AND o.device = :device
            AND o.nonce = :nonce AND o.id <= n.id)
    AND n.kind <> 'paid' AND n.taken_back_at IS NULL
ORDER BY n.id DESC LIMIT 1;

-- name: list_outside(org_id, event_id) -> (ticket_id: TicketId, at: int, device: str)
-- The tickets whose last passage is that their holders went out.
SELECT o.ticket_id, o.at, o.device FROM door_notes o
JOIN tickets t ON t.org_id = o.org_id AND t.id = o.ticket_id
WHERE o.org_id = :org_id AND o.event_id = :event_id AND o.kind = 'left' AND o.at >= t.checked_in_at
    AND o.taken_back_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM door_notes n
        WHERE n.org_id = o.org_id AND n.ticket_id = o.ticket_id AND n.id > o.id
            AND n.at >= t.checked_in_at AND n.kind <> 'paid' AND n.taken_back_at IS NULL);

-- name: list_let_in(org_id, event_id, limit) -> scanning.LetIn
-- Who was let in anyway, newest first.
SELECT n.id, r.id AS registration_id, p.first_name || ' ' || p.last_name AS name, n.reason,
    coalesce(g.name, '') AS gate, n.device, n.at,
    CASE WHEN n.taken_back_at IS NULL THEN 0 ELSE 1 END AS is_taken_back
FROM door_notes n
JOIN tickets t ON t.org_id = n.org_id AND t.id = n.ticket_id
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
LEFT JOIN gates g ON g.org_id = n.org_id AND g.id = n.gate_id
WHERE n.org_id = :org_id AND n.event_id = :event_id AND n.kind = 'let_in'
ORDER BY n.id DESC LIMIT :limit;

-- name: find_let_in(org_id, ticket_id: TicketId, gate_id: GateId, since: int)$ -> int | None
-- When a ticket was last let in anyway at a gate.
SELECT max(n.at) FROM door_notes n
WHERE n.org_id = :org_id AND n.ticket_id = :ticket_id AND n.kind = 'let_in'
    AND n.gate_id = :gate_id AND n.at >= :since AND n.taken_back_at IS NULL;

-- == endings ==

-- name: list_endings(org_id, event_id)
--     -> (registration_id: RegistrationId, at: int, actor: str)
-- What ended the cancelled registrations of an event, the last of each one last.
SELECT r.id AS registration_id, a.at, a.actor
FROM registrations r
CROSS JOIN audit_entries a
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'cancelled'
    AND a.org_id = r.org_id AND a.noun = 'registration' AND a.noun_id = r.id
    AND a.action IN ('cancelled', 'transferred')
ORDER BY a.at, a.id;

-- name: find_user_name(org_id, user_id)$ -> str | None
SELECT name FROM users WHERE org_id = :org_id AND id = :user_id;

-- == shown at the door ==

-- name: find_at_door(org_id, event_id, registration_id)^
--     -> (answers: str, has_questions: int, has_notes: int) | None
-- No row where nothing is meant for the door.
SELECT r.answers, x.has_questions, x.has_notes
FROM registrations r
CROSS JOIN (
    SELECT CASE WHEN EXISTS (
            SELECT 1 FROM event_questions q
            WHERE q.org_id = :org_id AND q.event_id = :event_id AND q.is_at_door = 1
                AND q.removed_at IS NULL) THEN 1 ELSE 0 END AS has_questions,
        CASE WHEN EXISTS (
            SELECT 1 FROM registration_notes n
            WHERE n.org_id = :org_id AND n.registration_id = :registration_id
                AND n.is_at_door = 1) THEN 1 ELSE 0 END AS has_notes
) x
WHERE r.org_id = :org_id AND r.id = :registration_id AND x.has_questions + x.has_notes > 0;

-- name: list_notes(org_id, registration_id) -> (note: str)
SELECT note FROM registration_notes
WHERE org_id = :org_id AND registration_id = :registration_id AND is_at_door = 1
ORDER BY created_at, id;

-- name: list_event_notes(org_id, event_id) -> (registration_id: RegistrationId, note: str)
SELECT n.registration_id, n.note FROM registration_notes n
JOIN registrations r ON r.org_id = n.org_id AND r.id = n.registration_id
WHERE n.org_id = :org_id AND n.is_at_door = 1 AND r.event_id = :event_id
ORDER BY n.registration_id, n.created_at, n.id;

-- name: list_event_answers(org_id, event_id) -> (id: RegistrationId, answers: str)
SELECT id, answers FROM registrations WHERE org_id = :org_id AND event_id = :event_id;

-- == counting ==

-- name: count_tickets(org_id, event_id)^ -> (expected: int, checked_in: int)
-- All tickets of the event's types without those that are cancelled, and so with those that are
-- checked in: four counts of indexes, where joining every registration takes twenty times as long.
-- A ticket is cancelled with its registration.
SELECT a.total - c.total AS expected, i.total - c.checked_in AS checked_in
FROM (
    SELECT count(*) AS total FROM ticket_types y
    CROSS JOIN tickets t
    WHERE y.org_id = :org_id AND y.event_id = :event_id
        AND t.org_id = y.org_id AND t.ticket_type_id = y.id
) a
CROSS JOIN (
    SELECT count(*) AS total FROM ticket_types y
    CROSS JOIN tickets t
    WHERE y.org_id = :org_id AND y.event_id = :event_id
        AND t.org_id = y.org_id AND t.ticket_type_id = y.id AND t.checked_in_at IS NOT NULL
) i
CROSS JOIN (
    SELECT count(*) AS total, count(t.checked_in_at) AS checked_in FROM ticket_types y
    CROSS JOIN tickets t
    WHERE y.org_id = :org_id AND y.event_id = :event_id
        AND t.org_id = y.org_id AND t.ticket_type_id = y.id AND t.state = 'cancelled'
) c;

-- name: count_by_gate(org_id, event_id) -> (gate_id: GateId | None, total: int)
SELECT s.gate_id, count(DISTINCT s.ticket_id) AS total
FROM scans s
JOIN tickets t ON t.org_id = s.org_id AND t.id = s.ticket_id
WHERE s.org_id = :org_id AND s.event_id = :event_id AND s.result = 'admitted'
    AND t.checked_in_at IS NOT NULL
GROUP BY s.gate_id ORDER BY s.gate_id;

-- == searching ==

-- name: list_names(org_id, event_id)
--     -> (id: TicketId, first_name: str, last_name: str, company: str, name: str,
--         checked_in_at: int | None)
SELECT t.id, p.first_name, p.last_name, p.company, y.name, t.checked_in_at
FROM registrations r
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE r.org_id = :org_id AND r.event_id = :event_id AND r.state = 'confirmed'
    AND t.state = 'valid';

-- == snapshots ==

-- part: snapshot_columns
-- Ticket, code, names, type, state (0 valid, 1 cancelled, 2 not paid), check-in, registration, and
-- the number that those who come together share: the registration of the party's contact where that
-- one comes, too, else the party's, else their own. All three are of one sequence.
SELECT t.id, t.code, p.first_name, p.last_name, t.ticket_type_id,
    CASE WHEN t.state <> 'valid' OR r.state <> 'confirmed' THEN 1
        WHEN e.refuses_unpaid = 1 AND EXISTS (
            SELECT 1 FROM payments o
            WHERE o.org_id = t.org_id AND o.ticket_id = t.id AND o.state = 'open') THEN 2
        ELSE 0 END,
    t.checked_in_at, r.id, coalesce(h.id, r.party_id, r.id)

-- name: list_all_tickets(org_id, event_id)
--     -> (TicketId, str, str, str, TicketTypeId, int, int | None, RegistrationId, int)
-- use: snapshot_columns
FROM registrations r
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
LEFT JOIN parties g ON g.org_id = r.org_id AND g.id = r.party_id
LEFT JOIN registrations h ON h.org_id = g.org_id AND h.event_id = g.event_id
    AND h.person_id = g.contact_id
WHERE r.org_id = :org_id AND r.event_id = :event_id
ORDER BY r.id, t.id;

-- name: list_changed_ids(org_id, event_id, since: int) -> (id: RegistrationId)
-- The registrations of which something changed at or after an instant, each found by an index.
-- Those of other events may be among them.
SELECT id FROM registrations
WHERE org_id = :org_id AND event_id = :event_id AND updated_at >= :since
UNION
SELECT registration_id FROM tickets WHERE org_id = :org_id AND updated_at >= :since
UNION
SELECT n.id FROM people h CROSS JOIN registrations n
WHERE h.org_id = :org_id AND h.updated_at >= :since
    AND n.org_id = h.org_id AND n.person_id = h.id
UNION
SELECT k.registration_id FROM payments o
JOIN tickets k ON k.org_id = o.org_id AND k.id = o.ticket_id
WHERE o.org_id = :org_id AND o.updated_at >= :since
UNION
SELECT m.registration_id FROM registration_notes m
WHERE m.org_id = :org_id AND m.is_at_door = 1 AND m.created_at >= :since;

-- name: list_owed(org_id, event_id)
--     -> (ticket_id: TicketId, amount_minor: int, currency: str)
-- What is open, by ticket that is not cancelled.
SELECT o.ticket_id, o.amount_minor, o.currency FROM payments o
JOIN tickets t ON t.org_id = o.org_id AND t.id = o.ticket_id AND t.state = 'valid'
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
    AND r.state = 'confirmed'
JOIN events e ON e.org_id = r.org_id AND e.id = r.event_id AND e.state <> 'cancelled'
WHERE o.org_id = :org_id AND o.state = 'open' AND r.event_id = :event_id;

-- name: list_departed_codes(org_id, event_id, since: int)
--     -> (code: str, ticket_type_id: TicketTypeId)
-- Tickets of those who are no longer the event's and left at or after an instant.
SELECT d.code, d.ticket_type_id FROM departures d
WHERE d.org_id = :org_id AND d.event_id = :event_id AND d.left_at >= :since
    AND substr(d.code, 1, 1) NOT IN ('', '#');

-- name: list_booked_by(org_id, session_id)
--     -> (registration_id: RegistrationId, starts_at: int, ends_at: int)
SELECT b.registration_id, s.starts_at, s.ends_at
FROM sessions s JOIN session_bookings b ON b.org_id = s.org_id AND b.session_id = s.id
WHERE s.org_id = :org_id AND s.id = :session_id;

-- == uploading ==

-- name: add_conflict(org_id, id: int, event_id, ticket_id: TicketId | None, verdict, first_device,
--     first_at: int | None, device, nonce: str, at: int, amount_minor: int | None, currency, now)!
INSERT INTO door_conflicts (org_id, id, event_id, ticket_id, verdict, first_device, first_at,
    device, nonce, at, amount_minor, currency, recorded_at)
VALUES (:org_id, :id, :event_id, CAST(:ticket_id AS BIGINT), :verdict, :first_device,
    CAST(:first_at AS BIGINT), :device, :nonce, :at, CAST(:amount_minor AS BIGINT), :currency, :now)
ON CONFLICT (org_id, event_id, device, nonce) DO NOTHING;

-- name: find_conflict(org_id, event_id, device, nonce: str)^
--     -> (first_device: str, first_at: int | None) | None
SELECT first_device, first_at FROM door_conflicts
WHERE org_id = :org_id AND event_id = :event_id AND device = :device AND nonce = :nonce;

-- name: find_own_conflict(org_id, event_id, ticket_id: TicketId, device)^
--     -> (id: int, nonce: str, at: int) | None
-- What a device has last let in without a network that another one had let in.
SELECT id, nonce, at FROM door_conflicts
WHERE org_id = :org_id AND event_id = :event_id AND ticket_id = :ticket_id AND device = :device
    AND verdict = 'again'
ORDER BY id DESC LIMIT 1;

-- name: drop_conflict(org_id, event_id, device, nonce: str)!
DELETE FROM door_conflicts
WHERE org_id = :org_id AND event_id = :event_id AND device = :device AND nonce = :nonce;

-- name: move_conflicts(org_id, event_id, ticket_id: TicketId, device, at: int, next_device,
--     next_at: int)!
-- Those with a check-in of a device that another one has taken the place of.
UPDATE door_conflicts SET first_device = :next_device, first_at = :next_at
WHERE org_id = :org_id AND event_id = :event_id AND ticket_id = :ticket_id
    AND verdict = 'again' AND first_device = :device AND first_at = :at;

-- name: list_conflicts(org_id, event_id, device, limit) -> uploading.KeptConflict
-- Newest first; `device` empty = of all.
SELECT c.id, c.ticket_id, coalesce(p.first_name || ' ' || p.last_name, '') AS name,
    coalesce(y.name, '') AS ticket_type,
    CASE WHEN c.ticket_id IS NULL THEN coalesce(s.code, '') ELSE '' END AS code, c.verdict,
    c.first_device, coalesce((
        SELECT f.name FROM scans a JOIN gates f ON f.org_id = a.org_id AND f.id = a.gate_id
        WHERE a.org_id = c.org_id AND a.ticket_id = c.ticket_id AND c.verdict <> 'paid'
            AND a.result = 'admitted' AND a.device = c.first_device AND a.at = c.first_at
        ORDER BY a.id LIMIT 1), (
        SELECT f.name FROM door_notes a JOIN gates f ON f.org_id = a.org_id AND f.id = a.gate_id
        WHERE a.org_id = c.org_id AND a.ticket_id = c.ticket_id AND a.kind <> 'left'
            AND (a.kind = 'paid') = (c.verdict = 'paid')
            AND a.device = c.first_device AND a.at = c.first_at
        ORDER BY a.id LIMIT 1), '') AS first_gate, c.first_at, c.device,
    coalesce(g.name, '') AS gate, c.at, c.amount_minor, c.currency, c.recorded_at
FROM door_conflicts c
LEFT JOIN tickets t ON t.org_id = c.org_id AND t.id = c.ticket_id
LEFT JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
LEFT JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
LEFT JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
LEFT JOIN scans s ON s.org_id = c.org_id AND s.event_id = c.event_id AND s.device = c.device
    AND s.nonce = c.nonce
LEFT JOIN door_notes n ON n.org_id = c.org_id AND n.event_id = c.event_id AND n.device = c.device
    AND n.nonce = c.nonce
LEFT JOIN gates g ON g.org_id = c.org_id AND g.id = coalesce(s.gate_id, n.gate_id)
WHERE c.org_id = :org_id AND c.event_id = :event_id
    AND (:device = '' OR c.device = :device OR c.first_device = :device)
ORDER BY c.id DESC LIMIT :limit;

-- == paying ==

-- name: find_paid(org_id, ticket_id: TicketId)^ -> (device: str, at: int) | None
-- The first payment of a ticket that was noted at the door.
SELECT device, at FROM door_notes
WHERE org_id = :org_id AND ticket_id = :ticket_id AND kind = 'paid' ORDER BY id LIMIT 1;

-- name: find_payment(org_id, ticket_id: TicketId)^
--     -> (amount_minor: int, currency: str, settled_at: int | None) | None
SELECT amount_minor, currency, settled_at FROM payments
WHERE org_id = :org_id AND ticket_id = :ticket_id;

-- == looking ==

-- name: find_looks_first(org_id, id: EventId)$ -> int | None
SELECT door_looks_first FROM events WHERE org_id = :org_id AND id = :id;

-- name: set_looks_first(org_id, id: EventId, is_first: int, now)!
UPDATE events SET door_looks_first = :is_first, updated_at = :now
WHERE org_id = :org_id AND id = :id;

-- == printers ==

-- name: add_printer(org_id, event_id, id: PrinterId, name, language, host, port: int, now)!
INSERT INTO door_printers (org_id, event_id, id, name, language, host, port, created_at)
VALUES (:org_id, :event_id, :id, :name, :language, :host, :port, :now);

-- name: list_printers(org_id, event_id) -> printers.Printer
SELECT id, name, language, host, port FROM door_printers
WHERE org_id = :org_id AND event_id = :event_id ORDER BY id;

-- name: delete_printer(org_id, id: PrinterId)!
DELETE FROM door_printers WHERE org_id = :org_id AND id = :id;

-- == news ==

-- name: find_last_change(org_id, event_id)$ -> int | None
-- When a ticket was changed last, the end of an index; or the event.
SELECT max(a.at) FROM (
    SELECT max(updated_at) AS at FROM tickets WHERE org_id = :org_id
    UNION ALL
    SELECT updated_at AS at FROM events WHERE org_id = :org_id AND id = :event_id
) a;

-- == badges ==

-- name: find_badge(org_id, event_id, id: TicketId)^
--     -> (id: TicketId, first_name: str, last_name: str, company: str, job_title: str, code: str,
--         ticket_type_id: TicketTypeId, type_name: str) | None
-- A valid ticket of the event.
SELECT t.id, p.first_name, p.last_name, p.company, p.job_title, t.code, t.ticket_type_id,
    y.name AS type_name
FROM tickets t
JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
JOIN ticket_types y ON y.org_id = t.org_id AND y.id = t.ticket_type_id
WHERE t.org_id = :org_id AND t.id = :id AND r.event_id = :event_id AND r.state = 'confirmed'
    AND t.state = 'valid';
