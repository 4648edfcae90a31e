"""A catalogue of tamperings with a log, and the real log that they are done to."""
