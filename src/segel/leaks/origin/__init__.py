"""Through whom: candidates ranked by likelihood, with what speaks against each. Pure."""
