"""What Prefect shows: order and waiting, no rules."""
