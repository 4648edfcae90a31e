"""The drill: an invented estate's leak is made behind the team's back, and found out.

::

    estate ── leaking ──▶ files ──▶ analysing ──▶ findings ─┐
      │          └─────── sealed truth ────────────────────┤
      └── history, versions, counts: what a case may ask ──┘▶ scoring

``leaking`` hands over files and nothing else; ``analysing`` never sees the truth.
"""
