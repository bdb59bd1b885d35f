"""Whole runs: a live office of real processes, real mail, a real browser."""
