"""The doors: how a person or a machine gets in."""
