"""The national health platform: what of a chart is sent there, how, and what becomes of it.

``mapping`` makes resources as the platform takes them, ``platform`` speaks with it, ``sent`` knows
what it has, ``sending`` does one patient's part, and ``courier`` goes on until everything is told.
How sure what is known of the platform is: ``docs/reference/national-platform.md``.
"""
