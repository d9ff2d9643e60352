"""The door's Unix socket: what is said over it, who listens, who may say what."""
