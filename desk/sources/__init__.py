"""The systems that hold personal data: one file per kind, the same verbs, each safe to repeat."""

from desk.sources.registry import systems

__all__ = ["systems"]
