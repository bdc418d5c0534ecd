-- These hashes, too, are only ever asked for as a whole: hash indexes find them, and a large roster's people are written in
-- three quarters of the time.
DROP INDEX persons_spelled, persons_first_word, persons_last_word;
CREATE INDEX persons_spelled ON persons USING hash (spelled);
CREATE INDEX persons_first_word ON persons USING hash (first_word);
CREATE INDEX persons_last_word ON persons USING hash (last_word);
-- Whom a start has to make them for, of those who were known before there were any: as a rule nobody.
CREATE INDEX persons_without_blocks ON persons (worker_id) WHERE spelled IS NULL;
