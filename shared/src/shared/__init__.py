"""The kernel: delivery, storage and telemetry that every service relies on; it knows no word of the domain."""
