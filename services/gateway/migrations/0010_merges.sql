-- Who stands for whom, of workers who were ever merged; of a worker's turns the highest version holds.
CREATE TABLE merges (
    worker_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    version   int  NOT NULL
);
CREATE INDEX merges_of_person ON merges (person_id);

-- The person whom a worker is.
CREATE FUNCTION person_of(worker uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT person_id FROM merges WHERE worker_id = worker), worker)
$$;

-- Checks that count with another check of the same person; fixed when the campaign begins to close.
CREATE TABLE joined_checks (
    health_check_id uuid PRIMARY KEY,
    joined_to       uuid NOT NULL
);

-- What a worker's check in a campaign counts as: itself, or the one that it is joined to.
CREATE FUNCTION counts_as(campaign uuid, worker uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT coalesce(joined_to, due.health_check_id)
                     FROM health_checks AS due LEFT JOIN joined_checks USING (health_check_id)
                     WHERE due.worker_id = worker AND due.campaign_id = campaign LIMIT 1), worker)
$$;
