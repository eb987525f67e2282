"""Pages of the operating-model scenarios: list, page, comparison, and what they are appraised by."""

from collections.abc import Sequence

from flask import Blueprint, g, render_template, request, url_for
from werkzeug.wrappers import Response

from hcqic_gov.audit import queries as audit
from hcqic_gov.core.calendar import london_day
from hcqic_gov.db import found
from hcqic_gov.people.queries import names
from hcqic_gov.policy.access import may
from hcqic_gov.reporting.rules import PaperKind
from hcqic_gov.scenarios import assumptions, queries, service
from hcqic_gov.scenarios.chart import Bar, Chart, chart
from hcqic_gov.scenarios.models import Scenario
from hcqic_gov.scenarios.paper import board_paper
from hcqic_gov.scenarios.queries import Comparison
from hcqic_gov.scenarios.rules import KIND_NAMES, STATE_NAMES, STREAM_NAMES, WORKFLOW, Option, ScenarioState
from hcqic_gov.web.access import access
from hcqic_gov.web.centre import actor, now, session
from hcqic_gov.web.forms import seen, version_sent
from hcqic_gov.web.funding_forms import ReasonForm
from hcqic_gov.web.pages import Answer, confirm_page, done, entry_of, form_page, move_rulings
from hcqic_gov.web.papers import as_pdf, paper
from hcqic_gov.web.scenario_forms import FilterScenarios, LineForm, ScenarioForm
from reports import documents

bp = Blueprint("scenarios", __name__, url_prefix="/scenarios")

COLOURS = {
    ScenarioState.DRAFT: "grey",
    ScenarioState.REVIEWED: "blue",
    ScenarioState.ADOPTED: "green",
    ScenarioState.SUPERSEDED: "orange",
    ScenarioState.WITHDRAWN: "red",
}


@bp.context_processor
def words() -> dict[str, object]:
    """What the templates of scenarios say in plain words."""
    return {
        "states": STATE_NAMES,
        "colours": COLOURS,
        "kinds": KIND_NAMES,
        "streams": STREAM_NAMES,
        "option_title": assumptions.option_title,
    }


@bp.get("/")
@access("scenarios.read")
def index() -> str:
    form = FilterScenarios(request.args)
    wanted = form.wanted() if form.validate() else queries.ScenarioFilter()
    return render_template(
        "scenarios/index.html",
        form=form,
        rows=queries.scenarios(session(), wanted),
        create=may(actor(), "scenarios.create"),
    )


@bp.get("/compare")
@access("scenarios.read")
def compare() -> str:
    """All current scenarios against the business as usual that the address names, else the newest."""
    baselines = queries.baselines(session())
    baseline = asked_for(baselines)
    comparison = queries.comparison(session(), baseline) if baseline else None
    return render_template(
        "scenarios/compare.html",
        baselines=baselines,
        comparison=comparison,
        chart=chart_of(comparison) if comparison else None,
    )


def asked_for(baselines: Sequence[Scenario]) -> Scenario | None:
    asked = request.args.get("baseline", "")
    return next((row for row in baselines if row.reference == asked), baselines[0] if baselines else None)


@bp.get("/compare.pdf")
@access("scenarios.read", writes=True)
def board() -> Response:
    """The same comparison as a paper for the board. Errors: NotFound without business as usual."""
    baseline = found(asked_for(queries.baselines(session())), "a business-as-usual scenario to measure against")
    value = board_paper(session(), baseline)
    data = paper(PaperKind.BOARD, baseline.reference, value, documents.board_paper)
    return as_pdf(data, f"{baseline.reference}-board-paper.pdf")


def chart_of(comparison: Comparison) -> Chart | None:
    """The scenarios but the baseline itself; None where there are none."""
    bars = [
        Bar(
            f"{assumptions.option_title(one.record.option)} · {one.record.reference[-4:]}",
            one.result.npsv,
            min(point.npsv for point in one.sweep),
            max(point.npsv for point in one.sweep),
        )
        for one in comparison.scenarios
        if one.record.option is not Option.S0
    ]
    return chart(bars) if bars else None


@bp.get("/assumptions")
@access("scenarios.read")
def policies() -> str:
    """The files that appraisals stand on."""
    return render_template(
        "scenarios/assumptions.html",
        schedules=assumptions.schedules(),
        optimism=assumptions.optimism(),
        values=assumptions.values(),
        prices=assumptions.prices(),
        options=assumptions.options(),
    )


@bp.route("/create", methods=["GET", "POST"])
@access("scenarios.create")
def create() -> Answer:
    form = ScenarioForm.make(session(), year=london_day(now()).year)

    def save() -> Response:
        row = service.create(session(), form.details(), actor=actor(), now=now())
        return done(f"{row.reference} is begun.", "scenarios.show", reference=row.reference)

    return form_page(form, save, title="Begin a scenario", cancel=url_for("scenarios.index"))


@bp.get("/<reference>")
@access("scenarios.read", on=queries.resource)
def show(reference: str) -> str:
    row = queries.scenario(session(), reference)
    view = queries.scenario_view(session(), row, actor=actor())
    history = audit.history(session(), "scenario", row.key)
    rulings = move_rulings(WORKFLOW, row.state, view.facts, register="scenarios", on=g.resource)
    return render_template(
        "scenarios/show.html",
        view=view,
        row=row,
        text=assumptions.options().text(row.option),
        bounds={bound.category: bound for bound in assumptions.optimism().bounds},
        schedule=assumptions.schedule(row.schedule),
        edit=rulings.pop("edit", None),
        rulings=rulings,
        labels={move.name: move.label for move in WORKFLOW.moves},
        history=history,
        names=names(session(), {entry.actor_id for entry in history}),
    )


@bp.route("/<reference>/edit", methods=["GET", "POST"])
@access("scenarios.edit", on=queries.resource)
def edit(reference: str) -> Answer:
    form = ScenarioForm.make(session(), queries.scenario(session(), reference))

    def save() -> Response:
        service.edit(session(), reference, form.details(), seen=seen(form), actor=actor(), now=now())
        return done("The changes are saved.", "scenarios.show", reference=reference)

    return form_page(form, save, title="Change the scenario", caption=reference, cancel=page_of(reference))


@bp.route("/<reference>/lines/add", methods=["GET", "POST"])
@access("scenarios.edit", on=queries.resource)
def add_line(reference: str) -> Answer:
    form = LineForm.for_scenario(queries.scenario(session(), reference))

    def save() -> Response:
        service.add_line(session(), reference, form.line(), actor=actor(), now=now())
        return done("The line is added.", "scenarios.show", reference=reference)

    return form_page(
        form, save, title="Add a line", caption=reference, cancel=page_of(reference), template="scenarios/line.html"
    )


@bp.route("/<reference>/lines/<int:key>", methods=["GET", "POST"])
@access("scenarios.edit", on=queries.resource)
def edit_line(reference: str, key: int) -> Answer:
    row = queries.scenario(session(), reference)
    line = entry_of(queries.lines_of(session(), row.key)[row.key], key, "line")
    form = LineForm.for_scenario(row, line)

    def save() -> Response:
        service.change_line(session(), reference, key, form.line(), seen=seen(form), actor=actor(), now=now())
        return done("The changes are saved.", "scenarios.show", reference=reference)

    return form_page(
        form,
        save,
        title="Change the line",
        caption=reference,
        cancel=page_of(reference),
        template="scenarios/line.html",
        noun="line",
        version=line.version,
        remove_url=url_for("scenarios.remove_line", reference=reference, key=key),
    )


@bp.post("/<reference>/lines/<int:key>/remove")
@access("scenarios.edit", on=queries.resource)
def remove_line(reference: str, key: int) -> Response:
    service.change_line(session(), reference, key, None, seen=version_sent(), actor=actor(), now=now())
    return done("The line is removed.", "scenarios.show", reference=reference)


@bp.route("/<reference>/move/<any(review, reopen, adopt, withdraw):name>", methods=["GET", "POST"])
@access("scenarios.read", on=queries.resource)
def move(reference: str, name: str) -> Answer:
    """The service asks who may make which move."""
    form, step = ReasonForm(), WORKFLOW.move(name)

    def save() -> Response:
        if name == "adopt":
            service.adopt(session(), reference, actor=actor(), now=now())
        else:
            service.move(session(), reference, name, reason=form.reason.data or "", actor=actor(), now=now())
        return done("The scenario’s state has changed.", "scenarios.show", reference=reference)

    return confirm_page(f"{step.label}: are you sure?", form, save, caption=reference, cancel=page_of(reference))


def page_of(reference: str) -> str:
    return url_for("scenarios.show", reference=reference)
