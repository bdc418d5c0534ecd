-- Who stands for whom, of workers who were ever merged; of a worker's turns the highest version holds. Facts stay with the
-- worker they were told of and are counted by person, so that an undone merge restores what was.
CREATE TABLE merges (
    worker_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    version   integer NOT NULL
);
CREATE INDEX merges_of_person ON merges (person_id);

-- Everybody of a campaign, and of the workers who are one person the one who is counted: in the frozen scope before late
-- joiners, then who stands for the person. A visit made anyone's is the person's; a refusal is the person's own word, and
-- who left one unit of two has not left. Once a campaign closes, those who were given a final state are who counts.
CREATE VIEW counted_people AS
SELECT campaign_id, worker_id, unit_id, health_check_id, visits, in_scope, is_known, examined, missed, planned_on,
    CASE WHEN refused THEN 'refused' WHEN all_left THEN 'left' END AS ended,
    final_state,
    CASE WHEN is_closing AND in_scope THEN final_state IS NOT NULL ELSE place = 1 END AS counted
FROM (
    SELECT campaign_id, worker_id, unit_id, health_check_id, visits, final_state,
        bool_or(own_scope) OVER person AS in_scope,
        bool_or(late_joiner IS NOT NULL) OVER person AS is_known,
        bool_or(examined_on IS NOT NULL) OVER person AS examined,
        bool_or(ended = 'refused') OVER person AS refused,
        bool_and(coalesce(ended = 'left', false)) OVER person AS all_left,
        sum(missed) OVER person AS missed,
        min(planned_on) OVER person AS planned_on,
        bool_or(final_state IS NOT NULL) OVER (PARTITION BY campaign_id) AS is_closing,
        row_number() OVER (PARTITION BY campaign_id, person_id
            ORDER BY own_scope DESC, late_joiner IS NULL, worker_id <> person_id, worker_id) AS place
    FROM (
        SELECT people.*, coalesce(merges.person_id, worker_id) AS person_id,
            coalesce(NOT late_joiner, false) AND coalesce(unit.in_scope, false) AS own_scope
        FROM people LEFT JOIN merges USING (worker_id) LEFT JOIN campaign_units AS unit USING (campaign_id, unit_id)
    ) AS fact
    WINDOW person AS (PARTITION BY campaign_id, person_id)
) AS person;
