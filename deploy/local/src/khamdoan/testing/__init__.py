"""Servers for tests: the ones the environment names, else containers, else embedded ones."""
