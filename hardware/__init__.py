"""Hands and senses: one driver, one file, one vendor library. Imports `kiosk.ports` and the rules' words alone."""
