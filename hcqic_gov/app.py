"""The one place where the parts meet."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np  # noqa: F401 - imported before threads start, or they race on Dash's lazy import
from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from hcqic_gov import logs
from hcqic_gov.db import Database
from hcqic_gov.people.queries import is_demo
from hcqic_gov.settings import Settings
from hcqic_gov.startup import check_policies, collect_seldom
from hcqic_gov.web import (
    access,
    accounts,
    applying,
    audit,
    awards,
    calendar,
    centre,
    committee,
    dashboards,
    dossier,
    errors,
    ethics,
    funding,
    headers,
    home,
    kpi,
    kpi_files,
    kpi_periods,
    kpi_records,
    kpi_saved,
    kpi_targets,
    kpi_uploads,
    minutes,
    modifications,
    navigation,
    notices,
    people,
    projects,
    public,
    report_evidence,
    report_files,
    reports,
    reviews,
    sandbox,
    sandbox_access,
    sandbox_keeping,
    sandbox_results,
    sandbox_sweeps,
    sandbox_templates,
    scenarios,
    statics,
    templating,
    verify,
)
from hcqic_gov.web.centre import Centre, utc_now

BLUEPRINTS = (
    public.bp,
    home.bp,
    notices.bp,
    calendar.bp,
    projects.bp,
    ethics.bp,
    applying.bp,
    reviews.bp,
    modifications.bp,
    dossier.bp,
    committee.bp,
    minutes.bp,
    sandbox.bp,
    sandbox_access.bp,
    sandbox_keeping.bp,
    sandbox_sweeps.bp,
    sandbox_results.bp,
    sandbox_templates.bp,
    kpi.bp,
    kpi_uploads.bp,
    kpi_files.bp,
    kpi_records.bp,
    kpi_saved.bp,
    kpi_periods.bp,
    kpi_targets.bp,
    funding.bp,
    awards.bp,
    scenarios.bp,
    reports.bp,
    report_evidence.bp,
    report_files.bp,
    verify.bp,
    audit.bp,
    people.bp,
)


def create_app(
    settings: Settings | None = None,
    *,
    database: Database | None = None,
    clock: Callable[[], datetime] = utc_now,
    dispatch: Callable[[int], object] | None = None,
    **overrides: Any,
) -> Flask:
    """The application; `dispatch` hands an approved run to a worker, by default over the broker.

    Errors: BrokenPolicy where a policy file cannot be used; nothing is served then.
    """
    settings = settings or Settings()
    check_policies()

    app = statics.make_app("hcqic_gov")
    app.config.update(MAX_CONTENT_LENGTH=26 * 1024 * 1024, MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024)
    app.config.update(overrides)
    if settings.proxies:  # else whoever asks could choose the address that sign-ins are counted against
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    logs.install()
    templating.install(app, settings.templates)
    database = database or Database(settings.database)
    centre.install(app, Centre(settings, database, clock))
    app.extensions["hcqic.dispatch"] = dispatch or over_the_broker(settings)
    headers.install(app)
    limiter = accounts.install(app, settings)
    CSRFProtect(app)
    errors.install(app)
    access.install(app)
    with database.reading() as session:
        navigation.install(app, demo_mode=is_demo(session))
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    dashboards.install(app)
    accounts.limit(app, limiter, verify.LIMITED, settings.verify_rate)
    collect_seldom()
    return app


def over_the_broker(settings: Settings) -> Callable[[int], object]:
    """Celery is loaded with the first run that is approved, not with the first page."""

    def send(run_id: int) -> None:
        from hcqic_gov.dispatch import send_run

        send_run(settings, run_id)

    return send
