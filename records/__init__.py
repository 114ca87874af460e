"""The book: what happened, and the acts that write it."""
