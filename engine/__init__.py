"""What keeps the office moving: it sets runs going and decides nothing."""
