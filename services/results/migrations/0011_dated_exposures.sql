-- From which day a worker's hazards and heavy work hold, and what held before: an exam is read by those of its own day.
ALTER TABLE workers ADD COLUMN since date NOT NULL DEFAULT '1900-01-01', ADD COLUMN past jsonb NOT NULL DEFAULT '[]';

-- A worker's hazards and heavy work on a day; before the first day that is known, those of that one.
CREATE FUNCTION exposed_on(worker workers, day date) RETURNS TABLE (heavy boolean, hazards text[])
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT heavy, hazards FROM (
        SELECT worker.since, worker.heavy, worker.hazards
        UNION ALL
        SELECT (held ->> 'since')::date, (held ->> 'heavy')::boolean,
               ARRAY(SELECT jsonb_array_elements_text(held -> 'hazards'))
        FROM jsonb_array_elements(worker.past) AS held
    ) AS known ORDER BY since <= day DESC, abs(day - since) LIMIT 1
$$;
