"""Whose data, how much of it, and from when; and whether the seller's claim can be true. Pure."""
