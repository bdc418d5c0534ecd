-- Who stands for whom, of workers who were ever merged; of a worker's turns the highest version holds. Records stay with the
-- visit and the worker they were made for, so that an undone merge separates them again.
CREATE TABLE merges (
    worker_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    version   integer NOT NULL
);

-- The person whom a worker is.
CREATE FUNCTION person_of(worker uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT person_id FROM merges WHERE worker_id = worker), worker)
$$;
