"""The words: what a client may say."""
