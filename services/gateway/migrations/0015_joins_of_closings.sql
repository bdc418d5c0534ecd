-- Which checks a closing counts with another: scheduling and coordination may hear of a merge before and after it.
ALTER TABLE closings ADD COLUMN joins_told boolean NOT NULL DEFAULT false;
CREATE TABLE closing_joins (
    campaign_id     uuid NOT NULL,
    health_check_id uuid NOT NULL,
    joined_to       uuid NOT NULL,
    PRIMARY KEY (campaign_id, health_check_id)
);
CREATE VIEW counting_joins AS
SELECT campaign_id, health_check_id, joined_to FROM closing_joins
UNION ALL
SELECT campaign_id, health_check_id, joined_to FROM joined_checks JOIN health_checks USING (health_check_id)
WHERE NOT EXISTS (SELECT FROM closings WHERE closings.campaign_id = health_checks.campaign_id AND joins_told);

CREATE OR REPLACE FUNCTION counts_as(campaign uuid, worker uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT coalesce(joined_to, due.health_check_id)
                     FROM health_checks AS due LEFT JOIN counting_joins USING (campaign_id, health_check_id)
                     WHERE due.worker_id = worker AND due.campaign_id = campaign LIMIT 1), worker)
$$;
