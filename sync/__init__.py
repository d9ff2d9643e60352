"""The way between the door and the centre."""
