-- For which employer somebody works whose field was changed, where that is said: of two, each has its own list.
ALTER TABLE field_changes ADD COLUMN employer_id uuid;
