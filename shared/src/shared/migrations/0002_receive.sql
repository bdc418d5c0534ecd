-- What every batch begins with, in one round trip: its partitions are locked and moved on, its events are written into
-- the inbox, its parked keys are locked. Each statement sees what was committed while the one before it waited.
CREATE FUNCTION receive(
    consumer text, topics text[], partitions int[], next_offsets bigint[], sources text[], ids text[],
    key_topics text[], keys text[],
    OUT stood bigint[], -- where each partition stood
    OUT new_sources text[], OUT new_ids text[], -- the events not known before; null means all
    OUT stopped_topics text[], OUT stopped_keys text[]
) LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    admitted bigint;
BEGIN
    -- Partitions are claimed in one order by everybody; whoever comes second waits, then sees what was done.
    WITH advanced AS (
        INSERT INTO consumed AS known (consumer_group, topic, partition, next_offset, previous_offset)
        SELECT consumer, batch.topic, batch.partition, batch.next_offset, 0
        FROM unnest(topics, partitions, next_offsets) AS batch (topic, partition, next_offset)
        ORDER BY batch.topic COLLATE "C", batch.partition
        ON CONFLICT (consumer_group, topic, partition) DO UPDATE
        SET previous_offset = known.next_offset, next_offset = greatest(known.next_offset, excluded.next_offset)
        RETURNING known.topic, known.partition, known.previous_offset
    )
    SELECT array_agg(advanced.previous_offset ORDER BY batch.place) INTO stood
    FROM unnest(topics, partitions) WITH ORDINALITY AS batch (topic, partition, place)
    JOIN advanced USING (topic, partition);

    WITH added AS (
        INSERT INTO inbox (source, id) SELECT * FROM unnest(sources, ids) ON CONFLICT DO NOTHING
        RETURNING inbox.source, inbox.id
    )
    SELECT count(*), array_agg(added.source), array_agg(added.id) INTO admitted, new_sources, new_ids FROM added;
    IF admitted = cardinality(ids) THEN
        new_sources := NULL;
        new_ids := NULL;
    ELSIF admitted = 0 THEN
        new_sources := '{}';
        new_ids := '{}';
    END IF;

    IF EXISTS (SELECT FROM parked_keys AS p) THEN
        WITH shared AS (
            SELECT p.topic, p.key FROM parked_keys AS p
            WHERE (p.topic, p.key) IN (SELECT * FROM unnest(key_topics, keys)) FOR SHARE
        )
        SELECT array_agg(shared.topic), array_agg(shared.key) INTO stopped_topics, stopped_keys FROM shared;
    END IF;
END
$$;
