"""Calls, applications with their costs, awards with their budgets, and the centre's income."""
