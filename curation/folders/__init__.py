"""Folders that are written whole or not at all, with a manifest of their files and a card that says what they hold."""
