"""The service that owns what was found: examinations, classes, follow-ups and occupational-disease cases."""
