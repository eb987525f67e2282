"""The register of projects: use case, team, data class, pathway, milestones, risks, outputs, engagement."""
