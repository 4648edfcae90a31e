"""Intake: what a criminal wrote, read in a process without network, keys or disk.

``quarantine.inspect`` is given a file's bytes and tells what is in it: the files, their tables with
what each column holds, what rows say of people, pictures, texts, and of each file what became of
it (``model.Finding``). The process that reads imports this, too: what it need not have stays out.
"""
