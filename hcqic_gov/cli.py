"""The command `hcqic`: everything that is done to a centre without its pages."""

import json
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from hcqic_gov import migrate, serving, workflows
from hcqic_gov.audit.queries import verify_chain
from hcqic_gov.core.calendar import london_day
from hcqic_gov.core.canonical import plain
from hcqic_gov.core.errors import HcqicError
from hcqic_gov.db import Database
from hcqic_gov.kpi.commands import spc
from hcqic_gov.notices import queries as outbox
from hcqic_gov.notices.sending import send_due
from hcqic_gov.people import service as people
from hcqic_gov.people.queries import is_demo, is_empty, is_half_loaded, person_by_email
from hcqic_gov.people.rules import ROLE_LABELS, SYSTEM_ACTOR, Role, account_address, account_name
from hcqic_gov.quantum.commands import circuit, sandbox
from hcqic_gov.quantum.templates.commands import template
from hcqic_gov.report_commands import report
from hcqic_gov.settings import Settings
from hcqic_gov.startup import check_policies, collect_seldom, require_isolation


def utc_now() -> datetime:
    return datetime.now(UTC)


as_json = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


def answer(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the answer: JSON for programs, lines for people."""
    if as_json:
        click.echo(json.dumps(plain(dict(values)), ensure_ascii=False, indent=2))
        return
    for name, value in values.items():
        click.echo(f"{name.replace('_', ' ')}: {value}")


class Commands(click.Group):
    """A group whose known errors end in a sentence, not in a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except HcqicError as error:
            sentence = str(error)
        except ValidationError as error:  # of the settings: all other input is checked where it is read
            first = error.errors()[0]
            sentence = (
                f"HCQIC_{'_'.join(map(str, first['loc'])).upper()}: {first['msg'].removeprefix('Value error, ')}."
            )
        except DBAPIError as error:
            reason = str(error.orig).strip().partition("\n")[0]
            sentence = f"The database cannot be used ({reason}). Check HCQIC_DATABASE_URL; then run `hcqic db upgrade`."
        except OSError as error:
            sentence = f"{error.filename or 'The computer'}: {error.strerror}. Check HCQIC_DATA_DIR."
        click.echo(f"hcqic: {sentence}", err=True)
        sys.exit(1)


@click.group(cls=Commands)
def main() -> None:
    """Governance, ethics and KPIs of a Health and Care Quantum Innovation Centre."""


main.add_command(circuit)
main.add_command(template)
main.add_command(sandbox)
main.add_command(spc)
main.add_command(report)


@main.command()
@click.option("--host", default=None, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port to listen on.")
@click.option("--no-worker", is_flag=True, help="Serve pages only; run `hcqic worker` elsewhere.")
def serve(host: str | None, port: int | None, no_worker: bool) -> None:
    """Serve the pages, with the background worker."""
    settings = Settings()
    check_policies()
    migrate.require_head(settings.database)
    if not no_worker:
        require_isolation(settings)
    serving.serve(settings, host or settings.host, port or settings.port, worker=not no_worker)


@main.command()
@click.option("--no-clock", is_flag=True, help="Without the clock of the periodic jobs: it runs beside another worker.")
def worker(no_clock: bool) -> None:
    """Run the background worker: circuits and periodic jobs."""
    settings = Settings()
    migrate.require_head(settings.database)
    require_isolation(settings)
    serving.run_worker(settings, clock=not no_clock)


@main.group()
def db() -> None:
    """The database."""


@db.command()
@as_json
def upgrade(as_json: bool) -> None:
    """Bring the database to the newest migration."""
    settings = Settings()
    settings.home()
    answer({"revision": migrate.upgrade(settings.database)}, as_json=as_json)


@main.group()
def demo() -> None:
    """The demo centre."""


@demo.command("load")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The day on which its story ends.")
@as_json
def load_demo(today: datetime | None, as_json: bool) -> None:
    """Load the demo centre into an empty database: nobody and nothing in it exists."""
    settings = Settings()
    database = prepared(settings)
    answer(fill(settings, database, today.date() if today else None, bar=not as_json), as_json=as_json)


@main.command()
@click.option("--host", default=None, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port to listen on.")
def start(host: str | None, port: int | None) -> None:
    """Try it: bring the database to head, load the demo centre once, and serve with the worker."""
    settings = Settings()
    database = without_half_demo(settings, prepared(settings))
    with database.reading() as session:
        empty, demo = is_empty(session), is_demo(session)
    if empty:
        fill(settings, database, None, bar=True)
    database.dispose()
    host, port = host or settings.host, port or settings.port
    click.echo(f"\nThe centre is at http://{host}:{port}  (Control-C ends it)")
    if empty or demo:
        print_accounts()
    serving.serve(settings, host, port, worker=True)


def prepared(settings: Settings) -> Database:
    """The database of these settings, at its newest migration."""
    settings.home()
    migrate.upgrade(settings.database)
    return Database(settings.database)


def without_half_demo(settings: Settings, database: Database) -> Database:
    """The database, made anew where the loading of the demo centre was interrupted (only the embedded one)."""
    with database.reading() as session:
        if not is_half_loaded(session):
            return database
    database.dispose()
    if settings.database_url:
        raise HcqicError("The loading of the demo centre was interrupted. Make this database anew, and start again.")
    click.echo("The loading of the demo centre was interrupted: it begins again.")
    for file in settings.data_dir.glob("hcqic.sqlite3*"):
        file.unlink()
    return prepared(settings)


def fill(settings: Settings, database: Database, today: date | None, *, bar: bool) -> Mapping[str, Any]:
    """Load the demo centre; what it holds now."""
    from hcqic_gov.demo import load

    def progress(scenes: Sequence[Any]) -> AbstractContextManager[Iterable[Any]]:
        return click.progressbar(scenes, label="Loading the demo centre (nobody in it exists)", file=sys.stderr)

    started = datetime.now(UTC)
    collect_seldom()
    stage = load.load(settings, database, today=today or london_day(started), progress=progress if bar else nullcontext)
    return {**load.counts(stage), "seconds": round((datetime.now(UTC) - started).total_seconds(), 1)}


def print_accounts() -> None:
    from hcqic_gov.demo.cast import PASSWORD, demo_accounts

    click.echo(f"Sign in as one of these; the password of all is {PASSWORD}")
    for person in demo_accounts():
        click.echo(f"  {ROLE_LABELS[person.roles[0]]:<28}{person.email:<32}{person.name}")


@contextmanager
def closed(database: Database) -> Iterator[Database]:
    """The database, its connections given back at the end."""
    try:
        yield database
    finally:
        database.dispose()


@main.group()
def user() -> None:
    """Accounts."""


@user.command()
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]))
@click.option("--password", default=None, help="At least 12 characters; asked for where it is not given.")
@click.option("--generate", is_flag=True, help="Make a password, and print it with the answer.")
@as_json
def create(email: str, name: str, roles: tuple[str, ...], password: str | None, generate: bool, as_json: bool) -> None:
    """Make an account (the first administrator of a new centre, say). No password is printed unless it is made here."""
    from hcqic_gov.app import create_app

    if password is not None and generate:
        raise click.UsageError("Give --password or --generate, not both.")
    account_address(email)  # said before a password is asked for
    account_name(name)
    made = secrets.token_urlsafe(15) if generate else None
    secret = made or password or click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    settings = Settings()
    migrate.require_head(settings.database)
    app = create_app(settings)
    with app.app_context(), closed(app.extensions["hcqic"].database) as database, database.transaction() as session:
        person = people.add_person(
            session,
            email,
            name,
            password_hash=people.hashed(secret),
            roles=[Role(role) for role in roles],
            actor=SYSTEM_ACTOR,
            now=datetime.now(UTC),
        )
        shown = {"password": made} if made else {}
        answer({"id": person.key, "email": person.email, "roles": list(roles), **shown}, as_json=as_json)


@user.command()
@click.argument("email")
@as_json
def unlock(email: str, as_json: bool) -> None:
    """Open an account that is locked after failed sign-ins (of the only administrator, say)."""
    settings = Settings()
    migrate.require_head(settings.database)
    with closed(Database(settings.database)) as database, database.transaction() as session:
        person = person_by_email(session, email)
        people.unlock(session, person.key, actor=SYSTEM_ACTOR, now=datetime.now(UTC))
        answer({"id": person.key, "unlocked": True}, as_json=as_json)


@main.group()
def policy() -> None:
    """The files in policies/."""


@policy.command()
@as_json
def check(as_json: bool) -> None:
    """Read every policy file; say which one is broken, where, and why."""
    answer(check_policies(), as_json=as_json)


@main.group()
def audit() -> None:
    """The audit chain."""


@audit.command()
@as_json
def verify(as_json: bool) -> None:
    """Work out every hash again; exit 1 where the chain is broken."""
    with Database(Settings().database).reading() as session:
        result = verify_chain(session)
    answer({"whole": result.whole, **asdict(result)}, as_json=as_json)
    if not result.whole:
        sys.exit(1)


@main.group()
def notices() -> None:
    """Notices to people, and their outbox."""


@notices.command()
@as_json
def send(as_json: bool) -> None:
    """Send by e-mail what is due, as the worker does every half minute."""
    settings = Settings()
    if settings.mail_server is None:
        raise HcqicError("No mail server is set, so notices stay in the application. Set HCQIC_SMTP_URL.")
    with closed(Database(settings.database)) as database:
        answer(send_due(database, clock=utc_now, settings=settings), as_json=as_json)


@notices.command("list")
@click.option("--failed", is_flag=True, help="Only those that were given up.")
@as_json
def list_notices(failed: bool, as_json: bool) -> None:
    """How many wait, were sent and were given up; and the last of them."""
    with closed(Database(Settings().database)) as database, database.reading() as session:
        counts, rows = outbox.tally(session), outbox.failed(session)[0] if failed else outbox.latest(session)
    if as_json:
        answer({**counts, "notices": [asdict(row) for row in rows]}, as_json=True)
        return
    answer(counts, as_json=False)
    for row in rows:
        click.echo(
            f"{row.created_at:%Y-%m-%d %H:%M}  {row.state:<10}{row.email:<32}{row.subject}  {row.last_error}".rstrip()
        )


@main.group()
def ethics() -> None:
    """The ethics register."""


@ethics.command()
@click.argument("reference")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The ZIP to write.")
@as_json
def dossier(reference: str, out: Path, as_json: bool) -> None:
    """Write the whole dossier of a case as one ZIP with a manifest of hashes; the copy is recorded."""
    from hcqic_gov.ethics.service import record_export
    from reports.bundle import pack

    settings, now = Settings(), datetime.now(UTC)
    migrate.require_head(settings.database)
    part = out.with_name(f"{out.name}.part")
    with closed(Database(settings.database)) as database, database.transaction() as session:
        with part.open("wb") as file:
            pack(session, reference, file, reader=SYSTEM_ACTOR, now=now)
        record_export(session, reference, "ZIP, by the command", actor=SYSTEM_ACTOR, now=now)
    part.replace(out)
    answer({"file": str(out), "bytes": out.stat().st_size}, as_json=as_json)


@main.group()
def kpi() -> None:
    """The KPIs."""


@kpi.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--as", "email", required=True, help="Who reports: the e-mail address of an account.")
@click.option("--preview", is_flag=True, help="Only say what the file would change.")
@click.option("--reason", default="", help="Why verified values are corrected.")
@click.option("--submit", is_flag=True, help="Send the values for verification too.")
@as_json
def upload(file: Path, email: str, preview: bool, reason: str, submit: bool, as_json: bool) -> None:
    """Take the values of a CSV or XLSX file, all or nothing; exit 1 where a cell cannot be taken."""
    from hcqic_gov.kpi import uploads
    from hcqic_gov.kpi.comparing import check
    from hcqic_gov.kpi.sheets import read_file
    from hcqic_gov.people.queries import actor_of

    settings, now = Settings(), datetime.now(UTC)
    migrate.require_head(settings.database)
    data, table = read_file(file)
    with closed(Database(settings.database)) as database, database.transaction() as session:
        person = actor_of(person_by_email(session, email))
        plan = check(session, table, actor=person, now=now)
        if not (plan.problems or preview):
            taken = uploads.take(session, data, table, filename=file.name, actor=person, now=now)
            uploads.apply(session, taken.key, table, reason=reason, submit=submit, actor=person, now=now)
    counts = {kind.value: count for kind, count in plan.counts.items()}
    problems = [f"row {one.row}, {one.column}: {one.sentence}" for one in plan.problems]
    taken_now = not (problems or preview)
    answer({**counts, "left_empty": plan.left_empty, "taken": taken_now, "problems": problems}, as_json=as_json)
    if problems:
        sys.exit(1)


@main.group()
def workflow() -> None:
    """The tables of moves."""


@workflow.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file differs.")
def write(check: bool) -> None:
    """Write each slice's WORKFLOW.md from its table of moves."""
    differing = workflows.differing()
    for path, text in differing.items():
        click.echo(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
        if not check:
            path.write_text(text)
    if check and differing:
        sys.exit(1)
