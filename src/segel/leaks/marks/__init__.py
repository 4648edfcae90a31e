"""Marks: an invisible sign of the recipient in every picture that an export gave. Pure."""
