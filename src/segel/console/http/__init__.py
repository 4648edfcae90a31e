"""The console's doors: the only part of it that knows the web framework."""
