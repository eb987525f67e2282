"""What the check of a request shows, of a form that may be incomplete."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hcqic_gov.core.errors import Invalid
from hcqic_gov.projects.queries import references
from hcqic_gov.quantum.drawing import Drawing
from hcqic_gov.sandbox.models import Run
from hcqic_gov.sandbox.preview import Preview, drawing_of, preview
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import given
from hcqic_gov.web.sandbox_forms import CheckForm

GATES, DRAWING = "gates", "drawing"


@dataclass(frozen=True, slots=True)
class Looked:
    """The gates and the cost, the drawing, or what must be filled in before; the circuit's text where it is known."""

    preview: Preview | None = None
    drawing: Drawing | str = ""
    missing: Sequence[str] = field(default=())
    source: str = ""

    @classmethod
    def at(cls, form: CheckForm, run: Run | None, part: str = "") -> "Looked":
        """Of a draft, or of a new request; `part` GATES or DRAWING for one of the two, "" for both."""
        if not form.validate_on_submit():
            return cls(missing=[line["text"] for line in form.error_list])
        try:
            request = form.request()
            project = references(session(), {run.project_id})[run.project_id][0] if run else given(form.project.data)
            found = preview(session(), project, request, actor=actor(), now=now())
        except Invalid as error:
            form.blame(error)
            return cls(missing=[line["text"] for line in form.error_list])
        drawing = drawing_of(session(), request.source) if part != GATES else ""
        return cls(found, drawing, source=request.source)
