"""Definitions, observations, targets and statistical process control of the centre's KPIs."""
