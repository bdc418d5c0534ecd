-- A party has one open question per campaign; whoever asks it again is a further cause of its answer.
-- Claims that gave way to a plan or to the end of the service are not counted as failures.
ALTER TABLE what_ifs ADD COLUMN party text, ADD COLUMN causes text[], ADD COLUMN yielded integer NOT NULL DEFAULT 0;
UPDATE what_ifs SET causes = ARRAY[cause];
ALTER TABLE what_ifs ALTER COLUMN causes SET NOT NULL, DROP COLUMN cause;
CREATE UNIQUE INDEX what_ifs_one_open ON what_ifs (campaign_id, party) WHERE state <> 'answered';
