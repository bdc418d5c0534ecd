-- The usual hours of a worker's shift and of a line, from minute to minute ('1320-1800'; '' where nobody says): whoever
-- has no line of their own follows the calendar of the unit's line that works when they do.
ALTER TABLE workers ADD COLUMN shift text NOT NULL DEFAULT '';
ALTER TABLE lines ADD COLUMN hours text NOT NULL DEFAULT '';

-- Minutes of a day that two shifts have in common, whichever of them goes past midnight.
CREATE FUNCTION minutes_shared(one text, other text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum(greatest(0, least(a[2], b[2] + day) - greatest(a[1], b[1] + day))), 0)
    FROM (SELECT string_to_array(nullif(one, ''), '-')::int[] AS a, string_to_array(nullif(other, ''), '-')::int[] AS b),
        unnest(ARRAY[-1440, 0, 1440]) AS day
    WHERE a IS NOT NULL AND b IS NOT NULL
$$;
UPDATE lines SET hours = coalesce((
    SELECT (shift ->> 0) || '-' || (shift ->> 1) FROM jsonb_array_elements(shifts) AS shift
    WHERE jsonb_typeof(shift) = 'array' GROUP BY shift ORDER BY count(*) DESC, shift LIMIT 1), '');
