"""The judgments: pure functions on frozen values; no clock, no input or output, only the standard library."""
