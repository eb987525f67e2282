"""Run requests, their gates, their execution, and the release of results."""
