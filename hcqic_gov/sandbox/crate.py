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

from hcqic_gov.core.ruling import allowed_if
from hcqic_gov.people.models import Person
from hcqic_gov.projects.models import Project
from hcqic_gov.quantum.templates.catalogue import is_template
from hcqic_gov.sandbox import queries
from hcqic_gov.sandbox.models import Run, RunCheck, RunResult
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
        "release": dict(found.record),
        "figures": dict(result.figures),
        "counts": dict(found.counts),
    }  # fmt: skip
    return pretty(values)


def as_csv(found: Released) -> bytes:
    """A line for each bit string, with the statement that it is simulated in its own column."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(("run", "bits", "count", "statement"))
    ordered = sorted(found.counts.items(), key=lambda item: (-item[1], item[0]))
    writer.writerows((found.run.reference, bits, count, WATERMARK) for bits, count in ordered)
    return target.getvalue().encode()


def as_crate(found: Released) -> bytes:
    """The ZIP: circuit, counts, provenance, and the description of them; the same run gives the same bytes."""
    files = {
        found.asked_file: found.source.encode(),
        "counts.csv": as_csv(found),
        "run.json": as_json(found),
        "ro-crate-metadata.json": pretty(metadata(found)),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, found.released_at.astimezone(UTC).timetuple()[:6])
            entry.external_attr, entry.create_system = 0o644 << 16, 3
            archive.writestr(entry, data)
    return target.getvalue()


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
                hasPart=[to(found.asked_file), to("counts.csv"), to("run.json")], mentions=to("#run"),
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
    return [
        entity(
            "#run", "CreateAction", name=f"Simulation of {run.title}",
            description=f"{run.shots:,} shots of a circuit of {run.qubits} qubits by {result.engine}, {result.method}.",
            instrument=to(engine), agent=to("#requester"), startTime=moment(run.started_at),
            endTime=moment(run.ended_at), actionStatus="http://schema.org/CompletedActionStatus",
            object=[to(found.asked_file), *(to(f"#{name}") for name in settings)],
            result=[to("counts.csv"), to("run.json")],
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
    ]  # fmt: skip


def entity(name: str, kind: str, /, **properties: Any) -> dict[str, Any]:
    return {"@id": name, "@type": kind, **{key: value for key, value in properties.items() if value is not None}}


def to(name: str) -> dict[str, str]:
    return {"@id": name}


def moment(when: datetime | None) -> str | None:
    return when.astimezone(UTC).isoformat() if when else None


def pretty(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()
