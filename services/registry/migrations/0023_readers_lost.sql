-- How many processes ended while they read a roster, since it last got on: one that ends each time is refused.
ALTER TABLE rosters ADD COLUMN readers_lost int NOT NULL DEFAULT 0;
