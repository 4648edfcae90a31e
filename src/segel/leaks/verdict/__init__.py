"""Is it ours? A ladder of rungs, each with its own evidence and odds of error. Pure."""
