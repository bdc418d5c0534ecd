"""What the gateway knows from events: one file per noun, each with its SQL, its recording and its reading."""
