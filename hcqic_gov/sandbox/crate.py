"""A released result as files: JSON, CSV, and all of its provenance as an RO-Crate (Process Run Crate 0.5)."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.ruling import allowed_if
from hcqic_gov.people.models import Person
from hcqic_gov.projects.models import Project
from hcqic_gov.quantum.bindings import NONE, Bindings, seed_of
from hcqic_gov.quantum.bindings import kept as bindings_of
from hcqic_gov.quantum.templates.catalogue import is_template
from hcqic_gov.sandbox import queries
from hcqic_gov.sandbox.models import Run, RunCheck, RunResult, RunTranspiled
from hcqic_gov.sandbox.points import parted
from hcqic_gov.sandbox.releases import release_of, shown_counts
from hcqic_gov.sandbox.rules import WATERMARK, State

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
RO_CRATE = "https://w3id.org/ro/crate/1.1"
ENGINES = {"aer": "https://qiskit.github.io/qiskit-aer/", "stim": "https://github.com/quantumlib/Stim"}
OTHER_ENGINE = "urn:hcqic:engine"
TERMS = "For the purpose that the ethics case covers. Simulated: no evidence for care."


@dataclass(frozen=True, slots=True)
class Released:
    """A released run with what goes into its files."""

    run: Run
    result: RunResult
    counts: Mapping[str, int]
    source: str
    sha256: str
    project: Project
    requester: str
    checks: tuple[RunCheck, ...]
    record: Mapping[str, Any]
    released_at: datetime
    bindings: Bindings = NONE
    transpiled: RunTranspiled | None = None

    @property
    def asked_file(self) -> str:
        """The file of what was run: a circuit, or a template with its settings."""
        return "template.json" if is_template(self.source) else "circuit.qasm"


def released(session: Session, reference: str) -> Released:
    """Errors: NotFound; Refused before the release."""
    run = queries.run(session, reference)
    result, kept = queries.result_of(session, run), release_of(session, run)
    sentence = "This result is not released. Files of it can be taken once the checkers have released it."
    allowed_if(run.state is State.RELEASED, "not_released", sentence).require()
    assert result is not None
    circuit = queries.circuit_of(session, run)
    return Released(
        run,
        result,
        shown_counts(run, result),
        circuit.source,
        circuit.sha256,
        session.get_one(Project, run.project_id),
        session.get_one(Person, run.requester_id).name,
        tuple(queries.parts(session, RunCheck, run)),
        {**kept.record, "sha256": kept.sha256} if kept else {},
        kept.at if kept else run.ended_at or run.created_at,
        bindings_of(circuit.bindings),
        queries.transpiled_of(session, run),
    )


def as_json(found: Released) -> bytes:
    """The run with all that it was made under; counts by bit string, the last bit first."""
    run, result = found.run, found.result
    values = {
        "statement": WATERMARK,
        "run": run.reference,
        "title": run.title,
        "project": found.project.reference,
        "purpose": run.purpose.value,
        "data_class": run.data_class.value,
        "circuit": {"sha256": found.sha256, "qubits": run.qubits, "operations": run.operations},
        "settings": {"shots": run.shots, "seed": run.seed},
        "estimate": {"method": run.method, "seconds": run.predicted_seconds, "bytes": run.predicted_bytes,
                     "size_class": run.size_class},
        "use": {"seconds": result.seconds, "peak_bytes": result.peak_bytes},
        "engine": {"name": result.engine, "method": result.method, "versions": result.versions,
                   "operations": result.operations, "depth": result.depth, "measured_all": result.measured_all},
        "isolation": result.isolation,
        "times": {name: moment(getattr(run, f"{name}_at")) for name in ("requested", "queued", "started", "ended")},
        "attempt": run.attempt,
        "approval": run.approval,
        "gates": [
            {"stage": check.stage.value, "attempt": check.attempt, "at": moment(check.at), "allowed": check.allowed,
             "policy": check.policy, "ethics_case": check.ethics_case, "ethics_version": check.ethics_version,
             "rulings": check.rulings}
            for check in found.checks
        ],
        "transpiled": {"sha256": found.transpiled.sha256, "note": found.transpiled.note} if found.transpiled else None,
        "release": dict(found.record),
        "figures": dict(result.figures),
        **(points_of(found) if found.bindings else {"counts": dict(found.counts)}),
    }  # fmt: skip
    return pretty(values)


def points_of(found: Released) -> Mapping[str, Any]:
    """Every binding of a sweep with its values, its seed and its counts."""
    counts = parted(found.counts, len(found.bindings))
    points = [
        {"number": number, "seed": seed_of(found.run.seed, number - 1), "values": dict(found.bindings.values(number)),
         "counts": dict(counts[number - 1])}
        for number in range(1, len(found.bindings) + 1)
    ]  # fmt: skip
    return {"bindings_sha256": fingerprint(found.bindings.as_csv().encode()), "points": points}


def as_csv(found: Released) -> bytes:
    """A line for each bit string (of a sweep, at each binding), with the statement that it is simulated beside it."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    names, rows = found.bindings.names, found.bindings.rows or ((),)
    writer.writerow(("run", *(("point", *names) if names else ()), "bits", "count", "statement"))
    all_counts = parted(found.counts, len(rows)) if names else [ordered(found.counts)]
    for number, (row, counts) in enumerate(zip(rows, all_counts, strict=True), 1):
        head = (found.run.reference, *((number, *map(repr, row)) if names else ()))
        writer.writerows((*head, bits, count, WATERMARK) for bits, count in counts.items())
    return target.getvalue().encode()


def ordered(counts: Mapping[str, int]) -> Mapping[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def as_crate(found: Released) -> bytes:
    """The ZIP: circuit, counts, provenance, and the description of them; the same run gives the same bytes."""
    files = {
        found.asked_file: found.source.encode(),
        "counts.csv": as_csv(found),
        "run.json": as_json(found),
        **{name: text.encode() for name, (_, text) in further(found).items()},
        "ro-crate-metadata.json": pretty(metadata(found)),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, found.released_at.astimezone(UTC).timetuple()[:6])
            entry.external_attr, entry.create_system = 0o644 << 16, 3
            archive.writestr(entry, data)
    return target.getvalue()


def further(found: Released) -> Mapping[str, tuple[str, str]]:
    """Files that not every run has: what each is, and its text."""
    simulated, table = found.transpiled, found.bindings.as_csv()
    files = {
        "bindings.csv": ("The bindings of the sweep, one a line", table),
        "transpiled.qasm": ("The circuit as it was simulated, as OpenQASM 3", simulated.source if simulated else ""),
    }
    return {name: file for name, file in files.items() if file[1]}


def metadata(found: Released) -> dict[str, Any]:
    """The graph that RO-Crate asks for: one action, with its program, its person, what it took and what it gave."""
    run = found.run
    return {
        "@context": f"{RO_CRATE}/context",
        "@graph": [
            entity("ro-crate-metadata.json", "CreativeWork", conformsTo=to(RO_CRATE), about=to("./")),
            entity(
                "./", "Dataset", conformsTo=to(PROFILE), name=f"{run.reference}: {run.title}",
                description=f"A simulated quantum circuit, its counts and the decisions it was run under. {WATERMARK}.",
                datePublished=found.released_at.date().isoformat(), license=to("#terms"), publisher=to("#centre"),
                hasPart=[to(name) for name in (found.asked_file, "counts.csv", "run.json", *further(found))],
                mentions=to("#run"),
                author=to("#requester"),
            ),
            entity(PROFILE, "CreativeWork", name="Process Run Crate", version="0.5"),
            *action(found),
            *files(found),
            entity("#centre", "Organization", name="Health and Care Quantum Innovation Centre"),
            entity("#terms", "CreativeWork", name="Terms of use", description=TERMS),
        ],
    }  # fmt: skip


def action(found: Released) -> list[dict[str, Any]]:
    run, result = found.run, found.result
    versions = ", ".join(f"{name} {version}" for name, version in sorted(result.versions.items()))
    settings, engine = {"shots": run.shots, "seed": run.seed}, ENGINES.get(result.engine, OTHER_ENGINE)
    taken = (found.asked_file, *(("bindings.csv",) if found.bindings else ()), *(f"#{name}" for name in settings))
    given = ("counts.csv", "run.json", *(name for name in further(found) if name == "transpiled.qasm"))
    return [
        entity(
            "#run", "CreateAction", name=f"Simulation of {run.title}",
            description=f"{run.shots:,} shots of a circuit of {run.qubits} qubits by {result.engine}, {result.method}.",
            instrument=to(engine), agent=to("#requester"), startTime=moment(run.started_at),
            endTime=moment(run.ended_at), actionStatus="http://schema.org/CompletedActionStatus",
            object=[to(name) for name in taken], result=[to(name) for name in given],
        ),
        entity(engine, "SoftwareApplication", name=result.engine, version=versions or "not recorded", url=engine),
        entity("#requester", "Person", name=found.requester, affiliation=to("#centre")),
        *(entity(f"#{name}", "PropertyValue", name=name, value=value) for name, value in settings.items()),
    ]  # fmt: skip


def files(found: Released) -> list[dict[str, Any]]:
    return [
        entity(found.asked_file, "File", name="What was run: a circuit as OpenQASM, or a template with its settings",
               encodingFormat="application/json" if is_template(found.source) else "text/plain",
               contentSize=str(len(found.source.encode())), sha256=found.sha256),
        entity("counts.csv", "File", name=f"Counts by bit string. {WATERMARK}", encodingFormat="text/csv"),
        entity("run.json", "File", name="Settings, gate rulings, ethics case, engine, use and release record",
               encodingFormat="application/json"),
        *(entity(name, "File", name=what, encodingFormat="text/csv" if name.endswith("csv") else "text/plain",
                 contentSize=str(len(text.encode())), sha256=fingerprint(text.encode()))
          for name, (what, text) in further(found).items()),
    ]  # fmt: skip


def entity(name: str, kind: str, /, **properties: Any) -> dict[str, Any]:
    return {"@id": name, "@type": kind, **{key: value for key, value in properties.items() if value is not None}}


def to(name: str) -> dict[str, str]:
    return {"@id": name}


def moment(when: datetime | None) -> str | None:
    return when.astimezone(UTC).isoformat() if when else None


def pretty(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()
