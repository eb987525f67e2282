"""The views of the dashboards: each makes components from a query's result."""
