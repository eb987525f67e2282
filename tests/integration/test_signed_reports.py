"""Issued reports are signed, and whoever holds one can check it: what is tampered with is never “unchanged”."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from pikepdf import pdfa

from hcqic_gov.audit.models import AuditEntry
from hcqic_gov.core.canonical import fingerprint
from hcqic_gov.core.errors import HcqicError, Refused
from hcqic_gov.reporting import evidence, queries
from hcqic_gov.reporting.checking import Answer, Verdict, proof_of
from hcqic_gov.reporting.models import Report
from hcqic_gov.reporting.rules import Status
from hcqic_gov.settings import Settings
from reports.documents import funder_report
from reports.examining import examine
from reports.signing import certificates, identity_of, issuing, known_certificates, self_signed
from tests import reporting_world as made
from tests.factories import World
from tests.tampering import tamperings

ROUNDS = int(os.environ.get("HCQIC_ROUNDS", "0")) or (500 if os.environ.get("HCQIC_HYPOTHESIS") == "deep" else 10)


def settings() -> Settings:
    return Settings()


def issued(world: World) -> bytes:
    made.reported(world)
    report = made.issue(world, made.reviewed(world), issuing(settings(), demo=True))
    with world.reading() as session:
        return queries.pdf(session, report)[1]


def answer(world: World, data: bytes) -> Answer:
    with world.reading() as session:
        return evidence.check(session, examine(data, known_certificates(settings())))


def codes(found: Answer) -> set[str]:
    return {one.code for one in found.findings}


def write(world: World, *statements: Any) -> None:
    with world.database.engine.execution_options(hcqic_write=True).begin() as connection:
        for statement in statements:
            connection.execute(statement)


def without_triggers(world: World) -> None:
    """As somebody does who owns the database."""
    with world.database.engine.execution_options(hcqic_write=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            for table in ("audit_entry", "report"):
                connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            return
        names = connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for name in names:
            connection.execute(sa.text(f"DROP TRIGGER {name}"))


def test_an_issued_report_is_signed_and_nothing_changed(world: World) -> None:
    data = issued(world)
    found = answer(world, data)
    assert found.verdict is Verdict.UNCHANGED, found
    assert codes(found) == {
        "signed",
        "intact",
        "whole",
        "registered",
        "snapshot_same",
        "proof_same",
        "register_sound",
        "audit_whole",
        "audit_head",
        "issued",
        "figures_stand",
    }
    assert list(pdfa.validate_written(io.BytesIO(data), "3b").violations) == []


@pytest.mark.one_database
def test_no_tampering_is_called_unchanged(world: World) -> None:
    data = issued(world)
    with world.reading() as session:
        edition = queries.edition(session, queries.report(session, "HCQIC-R-2026-0001-v1"))
    for tampered, code in tamperings(data, funder_report(edition), reason=proof_of(edition.stamp), at=world.now):
        found = answer(world, tampered)
        assert found.verdict is Verdict.NOT_CONFIRMED, code
        assert code & codes(found), (code, codes(found))


@pytest.mark.one_database
def test_a_register_rolled_back_or_rewritten_is_named(world: World) -> None:
    data = issued(world)
    without_triggers(world)
    entries = sa.delete(AuditEntry).where(sa.column("number") > 20)
    kept = sa.update(Report).values(snapshot_sha256="0" * 64, reviewed_sha256="0" * 64)
    for statements, code in (
        ((sa.update(AuditEntry).where(sa.column("number") == 3).values(code="x"),), "audit_broken"),
        ((sa.update(Report).values(snapshot={**snapshot_of(world), "risks": []}),), "register_changed"),
        ((kept,), "snapshot_differs"),
        ((entries,), "audit_head_missing"),
        ((sa.delete(Report),), "not_registered"),
    ):
        write(world, *statements)
        found = answer(world, data)
        assert found.verdict is Verdict.NOT_CONFIRMED
        assert code in codes(found), (code, codes(found))


def snapshot_of(world: World) -> dict[str, Any]:
    with world.reading() as session:
        return dict(queries.report(session, "HCQIC-R-2026-0001-v1").snapshot)


@pytest.mark.one_database
def test_after_a_change_of_the_key_old_reports_stay_verifiable(world: World) -> None:
    data = issued(world)
    first = identity_of(settings(), demo=True)
    (settings().data_dir / "secrets" / "signing.pem").unlink()
    assert identity_of(settings(), demo=True).der != first.der
    assert answer(world, data).verdict is Verdict.UNCHANGED
    (certificates(settings()) / f"{fingerprint(first.der)}.pem").unlink()
    assert "foreign_signature" in codes(answer(world, data))


@pytest.mark.one_database
def test_a_centre_without_a_key_issues_nothing(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.reported(world)
    with pytest.raises(Refused, match="HCQIC_SIGNING_KEY"):
        made.issue(world, made.reviewed(world), issuing(settings(), demo=False))
    pem = tmp_path / "pair.pem"
    pem.write_text(self_signed("Centre", datetime.now(UTC)))
    monkeypatch.setenv("HCQIC_SIGNING_KEY", str(pem))
    with pytest.raises(HcqicError, match="Set both"):
        identity_of(settings(), demo=False)
    monkeypatch.setenv("HCQIC_SIGNING_CERTIFICATE", str(pem))
    assert identity_of(settings(), demo=False).certificate.subject.rfc4514_string() == "CN=Centre"
    pem.write_text("no key")
    with pytest.raises(HcqicError, match="cannot be used"):
        identity_of(settings(), demo=False)


@pytest.mark.one_database
def test_a_figure_corrected_since_is_listed(world: World) -> None:
    data = issued(world)
    made.correct_the_last(world)
    found = answer(world, data)
    assert found.verdict is Verdict.UNCHANGED
    assert [(one.code, one.then.split()[0], one.now.split()[0]) for one in found.corrections] == [
        ("O8", "60.0%", "80.0%")
    ]


def test_two_people_issue_at_the_same_moment(world: World) -> None:
    made.reported(world)
    report, gate = made.reviewed(world), Barrier(2)

    def one(_: int) -> str:
        gate.wait()
        with suppress(HcqicError):
            return made.issue(world, report, issuing(settings(), demo=True)).reference
        return "refused"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(one, range(2))) == ["HCQIC-R-2026-0001-v1", "refused"]
    assert made.draft(world).reference == "HCQIC-R-2026-0002-v1"
    with world.reading() as session:
        assert queries.report(session, report.reference).status is Status.ISSUED
