"""Rows of a sample compared with everybody in the archive, in memory. Pure mathematics.

``Tokeniser`` makes records of rows and of patients under one key; a ``Register`` holds patients'
records; ``match`` says of each row who of them it is, if anybody, and on what evidence;
``expected`` says what random people's rows would have shown.
"""
