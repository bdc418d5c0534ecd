-- An assessment says how many people a roster names; what was noted before it is no longer needed, and a rebuild, which
-- hears of the reading before the roster has its row, would not find it.
UPDATE rosters SET people = NULL WHERE assessment IS NOT NULL;
