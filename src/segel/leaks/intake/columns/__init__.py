"""What the columns of a sample hold, by their content first and their names second."""
