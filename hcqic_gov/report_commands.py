"""The command `report`: list, build, issue, export and verify reports without the pages."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hcqic_gov import migrate
from hcqic_gov.core.actor import Actor
from hcqic_gov.core.errors import HcqicError
from hcqic_gov.db import Database
from hcqic_gov.people.queries import actor_of, is_demo, person_by_email
from hcqic_gov.people.rules import SYSTEM_ACTOR
from hcqic_gov.reporting import evidence, queries, service
from hcqic_gov.reporting.checking import Answer, Standing, Verdict
from hcqic_gov.settings import Settings

MARKS = {Standing.HOLDS: "yes", Standing.FAILS: "NO", Standing.TELLS: "note"}
FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


@click.group()
def report() -> None:
    """Reports to funders."""


@contextmanager
def opened() -> Iterator[tuple[Settings, Database]]:
    settings = Settings()
    migrate.require_head(settings.database)
    database = Database(settings.database)
    try:
        yield settings, database
    finally:
        database.dispose()


def tell(answer: Any, lines: str, *, as_json: bool) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else lines)


@report.command("list")
@JSON
def list_reports(*, as_json: bool) -> None:
    """List every version of every report."""
    with opened() as (_, database), database.reading() as session:
        rows = [
            {
                "id": one.reference,
                "kind": one.kind.value,
                "title": title,
                "status": one.status.value,
                "version": edition,
            }
            for one, title, edition in queries.titled(session)
        ]
    lines = [f"{row['id']:<24}{row['status']:<12}{row['title']}" for row in rows]
    tell(rows, "\n".join(lines) or "There are no reports yet.", as_json=as_json)


@report.command()
@click.argument("reference", metavar="ID")
@FILE
@JSON
def build(reference: str, file: Path, *, as_json: bool) -> None:
    """Write the PDF of a report as it stands: unsigned, and a draft where it is not issued."""
    from reports.documents import funder_report

    with opened() as (_, database), database.reading() as session:
        data = funder_report(queries.edition(session, queries.report(session, reference)))
    written(file, data, reference, as_json=as_json)


@report.command()
@click.argument("reference", metavar="ID")
@FILE
@JSON
def export(reference: str, file: Path, *, as_json: bool) -> None:
    """Write the PDF as it was issued; the copy is recorded."""
    with opened() as (_, database), database.transaction() as session:
        one = queries.report(session, reference)
        _, data = queries.pdf(session, one)
        service.record_download(session, one, actor=SYSTEM_ACTOR, now=datetime.now(UTC))
    written(file, data, reference, as_json=as_json)


def written(file: Path, data: bytes, reference: str, *, as_json: bool) -> None:
    part = file.with_name(f"{file.name}.part")
    part.write_bytes(data)
    part.replace(file)
    answer = {"id": reference, "file": str(file), "bytes": len(data)}
    tell(answer, f"{reference} is in {file} ({len(data):,} bytes).", as_json=as_json)


@report.command()
@click.argument("references", metavar="[ID]...", nargs=-1)
@click.option("--reviewed", is_flag=True, help="Every report that is reviewed and not issued.")
@click.option("--as", "email", required=True, help="Who issues: the e-mail address of an account.")
@JSON
def issue(references: tuple[str, ...], email: str, *, reviewed: bool, as_json: bool) -> None:
    """Issue reviewed reports and sign them, by the same rules as on their pages; each by itself.

    Exit 1 where one of them was refused: the others are issued all the same.
    """
    from reports.signing import issuing

    with opened() as (settings, database):
        with database.reading() as session:
            actor = actor_of(person_by_email(session, email))
            render = issuing(settings, demo=is_demo(session))
            wanted = list(dict.fromkeys([*references, *(queries.reviewed(session) if reviewed else ())]))
        if not wanted:
            raise HcqicError("Nothing to issue. Name reports, or say --reviewed where some are reviewed.")
        with click.progressbar(wanted, label="Issuing", file=sys.stderr, hidden=len(wanted) == 1) as shown:
            done = [issued(database, one, render, actor) for one in shown]
    answers, faults = [row for row in done if "error" not in row], [row for row in done if "error" in row]
    lines = [f"{row['id']} is issued and signed." for row in answers]
    lines += [f"{row['id']} is not issued: {row['error']}" for row in faults]
    tell(done if reviewed or len(done) > 1 else done[0], "\n".join(lines), as_json=as_json)
    sys.exit(bool(faults))


def issued(database: Database, reference: str, render: service.Render, actor: Actor) -> dict[str, Any]:
    """What came of one report, in a transaction of its own."""
    try:
        with database.transaction() as session:
            one = service.issue(session, reference, render, actor=actor, now=datetime.now(UTC))
            return {"id": one.reference, "status": one.status.value, "version": one.edition}
    except HcqicError as error:
        return {"id": reference, "error": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever stops one report, the others are issued and named
        return {"id": reference, "error": f"Something went wrong ({type(error).__name__}: {error}). Nothing was kept."}


@report.command()
@FILE
@JSON
def verify(file: Path, *, as_json: bool) -> None:
    """Check a PDF; exit 0 only where it is an issued report, unchanged, that no newer version replaces."""
    from reports.examining import MOST_BYTES, examine_apart
    from reports.signing import known_certificates

    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise HcqicError(f"{file} cannot be read ({error.strerror}). Give the path of a PDF.") from error
    with opened() as (settings, database), database.reading() as session:
        answer = evidence.check(session, examine_apart(data, known_certificates(settings)))
    tell(as_values(answer), in_words(answer), as_json=as_json)
    sys.exit(0 if answer.verdict is Verdict.UNCHANGED else 1)


def as_values(answer: Answer) -> dict[str, Any]:
    good = answer.verdict is Verdict.UNCHANGED
    return {"unchanged": good, "sentence": answer.sentence, **asdict(answer)}


def in_words(answer: Answer) -> str:
    lines = [f"  {MARKS[one.standing]:<6}{one.sentence}" for one in answer.findings]
    lines += [f"        {one.code} {one.name}: then {one.then}; now {one.now}" for one in answer.corrections]
    return "\n".join([answer.sentence, *lines])
