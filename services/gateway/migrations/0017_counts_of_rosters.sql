-- How many of a roster's rows are answered, kept with the rows: whoever watches a roster reads one row, not all of its own.
CREATE TABLE roster_counts (
    roster_id  uuid PRIMARY KEY,
    answered   int  NOT NULL DEFAULT 0,
    registered int  NOT NULL DEFAULT 0,
    refused    int  NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
INSERT INTO roster_counts
SELECT roster_id, count(*), count(*) FILTER (WHERE effect = 'registered'), count(*) FILTER (WHERE outcome = 'refused')
FROM roster_rows GROUP BY roster_id;
