"""On-site sessions, attendance and contests stand here; nothing is recorded yet."""
