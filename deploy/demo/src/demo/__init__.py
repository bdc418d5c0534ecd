"""The outside parties of the demo: union portals, health authority, clinics and doctors, on the public edge only."""
