"""Sync between a workspace and a real Label Studio: through faults, kills and poison, and how fast."""
