-- Where leased workers work, beside who employs them; and which job an employment was for, by its bare words.
ALTER TABLE rosters ADD COLUMN host_id uuid;
ALTER TABLE workers ADD COLUMN host_id uuid;
ALTER TABLE employments ADD COLUMN host_id uuid, ADD COLUMN job text;
