"""The door: what decides, records and drives the lock."""
