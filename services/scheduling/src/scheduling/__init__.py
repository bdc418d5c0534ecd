"""The service that owns what is due, when and where: health checks, sessions, plans and appointments."""
