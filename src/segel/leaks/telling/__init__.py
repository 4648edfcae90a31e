"""Telling: documents about a leak, made from what was found, in Indonesian and English. Pure."""
