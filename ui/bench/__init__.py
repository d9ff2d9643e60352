"""The demo's bench: a sample school's door on this machine, on which a person or the tour plays the hardware."""
