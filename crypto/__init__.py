"""The keys: how contact data is sealed, found and opened."""
