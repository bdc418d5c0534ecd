-- Whoever was merged was last examined when any worker of theirs was.
CREATE VIEW last_checks AS
SELECT person_id, max(last_check) AS last_check
FROM (SELECT worker_id, person_id FROM merges UNION SELECT person_id, person_id FROM merges) AS one
JOIN workers USING (worker_id) GROUP BY person_id;
