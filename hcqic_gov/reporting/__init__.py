"""The register of issued reports: frozen data, review, issue."""
