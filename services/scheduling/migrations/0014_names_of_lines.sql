-- What people call a line, for whoever reads what limits a plan; `khamdoan rebuild scheduling` names those known before.
ALTER TABLE lines ADD COLUMN name text;
