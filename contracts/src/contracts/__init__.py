"""What the services and the outside parties tell each other: one class per event, one file per owner."""
