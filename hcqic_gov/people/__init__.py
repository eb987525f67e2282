"""Accounts, organisations, roles, training."""
