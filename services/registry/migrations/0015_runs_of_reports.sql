-- Since when a place exposes to something is the start of a run of reports, which one row of this cannot say.
DROP FUNCTION exposures_as_of(uuid[], date);
