"""All workflows, and the pages that are generated from them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hcqic_gov.committee.rules import WORKFLOW as MEETING
from hcqic_gov.core.workflow import Workflow
from hcqic_gov.ethics.modification_rules import MODIFICATION
from hcqic_gov.ethics.rules import WORKFLOW as ETHICS
from hcqic_gov.funding.rules import WORKFLOW as FUNDING
from hcqic_gov.kpi.closing_rules import CLOSING
from hcqic_gov.kpi.rules import WORKFLOW as KPI
from hcqic_gov.projects.rules import WORKFLOW as PROJECT
from hcqic_gov.reporting.rules import WORKFLOW as REPORT
from hcqic_gov.sandbox.rules import WORKFLOW as RUN
from hcqic_gov.scenarios.rules import WORKFLOW as SCENARIO

ROOT = Path(__file__).parent

WORKFLOWS: Mapping[str, tuple[Workflow[Any, Any], ...]] = {
    "funding": (FUNDING,),
    "projects": (PROJECT,),
    "scenarios": (SCENARIO,),
    "committee": (MEETING,),
    "ethics": (ETHICS, MODIFICATION),
    "sandbox": (RUN,),
    "kpi": (KPI, CLOSING),
    "reporting": (REPORT,),
}
"""By slice; a slice's `WORKFLOW.md` shows all of its workflows."""


def pages() -> Mapping[Path, str]:
    """What each generated page should say."""
    return {
        ROOT / slice_name / "WORKFLOW.md": "\n".join(workflow.markdown() for workflow in found)
        for slice_name, found in WORKFLOWS.items()
    }


def differing() -> Mapping[Path, str]:
    """The pages that do not say it."""
    return {path: text for path, text in pages().items() if not path.exists() or path.read_text() != text}
