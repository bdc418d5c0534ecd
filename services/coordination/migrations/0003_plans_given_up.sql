-- A plan that a party declined or that waited too long: no word on it counts any more.
ALTER TABLE plans ADD COLUMN given_up boolean NOT NULL DEFAULT false;
