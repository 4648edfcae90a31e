"""What things are: identifiers, names, roles, purposes, errors. Pure; imports nothing of ours."""
