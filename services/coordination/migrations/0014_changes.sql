-- Campaigns to be counted anew. A mark that a batch leaves is a row of its own, never shared: whoever finds another's mark
-- and leaves none would be passed over by a count that takes the mark before the batch is committed.
CREATE TABLE changes (
    campaign_id uuid NOT NULL
);
INSERT INTO changes (campaign_id) SELECT DISTINCT campaign_id FROM changed_units;
DROP TABLE changed_units;
