-- What legal deadlines run in is looked up every few seconds: as small as what is open.
CREATE INDEX receipts_open_conclusions ON receipts (accepted_at)
    WHERE state <> 'answered' AND type = ANY(ARRAY['vn.khamdoan.clinics.examination.concluded.v1',
                                                   'vn.khamdoan.clinics.examination.amended.v1']);
CREATE INDEX appointments_kept ON appointments (day) WHERE state = 'kept';
CREATE INDEX follow_ups_open ON follow_ups (due_on) WHERE closed_on IS NULL;
