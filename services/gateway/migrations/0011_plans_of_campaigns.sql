-- Whose plans are being computed; a party that speaks of one names its campaign too.
ALTER TABLE plans_asked_for ADD COLUMN campaign_id uuid;
