"""Faces: what people see and touch. They draw values and hold no rules."""
