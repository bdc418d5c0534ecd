-- The unit's last roster as a sender knew it; where another one took effect since, theirs is refused.
ALTER TABLE rosters ADD COLUMN based_on uuid;
CREATE INDEX rosters_in_effect ON rosters (unit_id, assessed_at) WHERE state = 'assessed' AND NOT dry_run;
