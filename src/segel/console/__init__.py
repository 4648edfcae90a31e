"""The pages people see: sign-in, worklist, study, light viewer, account; and OHIF's own origin."""

from segel.console.settings import ConsoleSettings

__all__ = ["ConsoleSettings"]
