-- How many people a roster names, as soon as it was read.
ALTER TABLE rosters ADD COLUMN people int;
