"""Accounts, organisations, roles, committee membership, training."""
