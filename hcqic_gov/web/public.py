"""Pages for everybody: the centre, its public projects, its policies, accessibility, and whether it is up."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from flask_security import current_user
from markdown_it import MarkdownIt
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from hcqic_gov.core.errors import NotFound
from hcqic_gov.people.rules import ROLE_LABELS
from hcqic_gov.policy.files import policy_dir
from hcqic_gov.projects import queries
from hcqic_gov.projects.rules import label
from hcqic_gov.web.access import public
from hcqic_gov.web.centre import session
from hcqic_gov.workflows import WORKFLOWS

bp = Blueprint("public", __name__)
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """A governance policy: its short name in the address, its title, and its text as HTML."""

    name: str
    title: str
    body: Markup


def policy_page(path: Path) -> PolicyPage:
    """The first line is the title; the rest is shown below it."""
    title, _, text = path.read_text().partition("\n")
    return PolicyPage(path.stem, title.removeprefix("# ").strip(), Markup(MARKDOWN.render(text)))  # noqa: S704 - html is off


def policy_pages() -> dict[str, PolicyPage]:
    return {path.stem: policy_page(path) for path in sorted((policy_dir() / "governance").glob("*.md"))}


@bp.get("/")
@public
def index() -> str | AnyResponse:
    if current_user.is_authenticated:
        return redirect(url_for("home.index"))
    return render_template("public/index.html", projects=queries.public_projects(session())[:3])


@bp.get("/our-projects")
@public
def projects() -> str:
    return render_template("public/projects.html", projects=queries.public_projects(session()), label=label)


@bp.get("/policies")
@public
def policies() -> str:
    return render_template("public/policies.html", pages=policy_pages().values())


@bp.get("/policies/steps")
@public
def steps() -> str:
    """Who may do what in which state: the tables of moves by which the system itself goes."""
    found = [workflow for group in WORKFLOWS.values() for workflow in group]
    return render_template("public/steps.html", workflows=found, labels=ROLE_LABELS)


@bp.get("/policies/<name>")
@public
def policy(name: str) -> str:
    page = policy_pages().get(name)
    if page is None:
        raise NotFound("We have no policy of this name. See the list of policies.")
    return render_template("public/policy.html", page=page)


@bp.get("/accessibility")
@public
def accessibility() -> str:
    return render_template("public/accessibility.html")


@bp.get("/healthz")
@public
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def readyz() -> Response:
    """The database answers and the policies can be read (they are read at start-up)."""
    session().execute(sa.text("SELECT 1"))
    return jsonify(status="ready", database="ok", policies="ok")
