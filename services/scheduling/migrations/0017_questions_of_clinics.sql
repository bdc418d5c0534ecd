-- A clinic asks about its own sessions only; null where one of both parties asks.
ALTER TABLE what_ifs ADD COLUMN clinic_id text;
