-- Since when a worker is exposed to a hazard, where that is known: reports are told of after their first day.
ALTER TABLE workers ADD COLUMN begun jsonb NOT NULL DEFAULT '{}';

-- A worker's hazards and heavy work on a day. Of the facts in force on it (before the first day that is known, of the
-- first), each hazard that had begun or does not say when it did; and whatever later facts say had begun by then.
CREATE OR REPLACE FUNCTION exposed_on(worker workers, day date) RETURNS TABLE (heavy boolean, hazards text[])
LANGUAGE sql STABLE ROWS 1 AS $$
    WITH known AS (
        SELECT worker.since, worker.heavy, to_jsonb(worker.hazards) AS hazards, worker.begun
        UNION ALL
        SELECT (held ->> 'since')::date, (held ->> 'heavy')::boolean, held -> 'hazards', coalesce(held -> 'begun', '{}')
        FROM jsonb_array_elements(worker.past) AS held
    ), in_force AS (
        SELECT * FROM known ORDER BY since <= day DESC, abs(day - since) LIMIT 1
    )
    SELECT in_force.heavy, ARRAY(
        SELECT hazard FROM jsonb_array_elements_text(in_force.hazards) AS hazard
        WHERE coalesce((in_force.begun ->> hazard)::date <= day, true)
        UNION
        SELECT hazard FROM known, jsonb_each_text(known.begun) AS told (hazard, first_day)
        WHERE known.since > day AND first_day::date <= day
        ORDER BY hazard)
    FROM in_force
$$;
