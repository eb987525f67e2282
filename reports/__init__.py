"""The ReportLab shell: frozen values in, PDF bytes out; it holds no rule and asks no database."""

import reports.fonts  # noqa: F401  (before anything of ReportLab that draws, which then takes them as its own)
