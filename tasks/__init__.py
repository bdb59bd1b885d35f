"""One file per word: read, judge, write; each deed once."""
