-- The same as before, reckoned in two parts: nearly everybody is one worker and needs no company to be counted.
CREATE OR REPLACE VIEW counted_people AS
WITH fact AS NOT MATERIALIZED (
    SELECT people.*, coalesce(NOT late_joiner, false) AND coalesce(unit.in_scope, false) AS own_scope,
        coalesce(campaign.state IN ('closing', 'closed'), false) AS is_closing
    FROM people LEFT JOIN campaign_units AS unit USING (campaign_id, unit_id)
    LEFT JOIN campaigns AS campaign USING (campaign_id)
)
SELECT campaign_id, worker_id, unit_id, health_check_id, visits, own_scope AS in_scope,
    late_joiner IS NOT NULL AS is_known, examined_on IS NOT NULL AS examined, missed::bigint AS missed, planned_on, ended,
    final_state, NOT (is_closing AND own_scope) OR final_state IS NOT NULL AS counted
FROM fact
WHERE NOT EXISTS (SELECT FROM merges WHERE merges.worker_id = fact.worker_id)
  AND NOT EXISTS (SELECT FROM merges WHERE merges.person_id = fact.worker_id)
UNION ALL
SELECT campaign_id, worker_id, unit_id, health_check_id, visits, in_scope, is_known, examined, missed, planned_on,
    CASE WHEN refused THEN 'refused' WHEN all_left THEN 'left' END, final_state,
    CASE WHEN is_closing AND in_scope THEN final_state IS NOT NULL ELSE place = 1 END
FROM (
    SELECT campaign_id, worker_id, unit_id, health_check_id, visits, final_state, is_closing,
        bool_or(own_scope) OVER person AS in_scope,
        bool_or(late_joiner IS NOT NULL) OVER person AS is_known,
        bool_or(examined_on IS NOT NULL) OVER person AS examined,
        bool_or(ended = 'refused') OVER person AS refused,
        bool_and(coalesce(ended = 'left', false)) OVER person AS all_left,
        sum(missed) OVER person AS missed,
        min(planned_on) OVER person AS planned_on,
        row_number() OVER (PARTITION BY campaign_id, person_id
            ORDER BY own_scope DESC, late_joiner IS NULL, worker_id <> person_id, worker_id) AS place
    FROM (
        SELECT fact.*, coalesce(merges.person_id, worker_id) AS person_id FROM fact LEFT JOIN merges USING (worker_id)
        WHERE worker_id IN (SELECT worker_id FROM merges UNION SELECT person_id FROM merges)
    ) AS merged
    WINDOW person AS (PARTITION BY campaign_id, person_id)
) AS person;
