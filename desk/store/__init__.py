"""The ledger: nobody else knows its tables. Verbs of the office; domain values in and out."""
