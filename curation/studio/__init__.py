"""The only door to Label Studio: its screen, its items, its annotations and its server.

Import from the modules: this package itself imports nothing, so that commands load only what they use.
"""
