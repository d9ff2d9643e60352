"""Who may pass: the access list on disk, read by the door and written by whoever issues it."""
