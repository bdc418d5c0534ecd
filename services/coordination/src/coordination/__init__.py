"""The service that owns what was promised and kept: programmes, campaigns, approvals, coverage and close-out."""
