"""Figures: what the desk costs and how fast it is, measured on real processes, printed beside a reference."""
