"""Policy packs: which one a case gets, what is due when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hcqic_gov.core.errors import BrokenPolicy, NotFound
from hcqic_gov.ethics import packs
from hcqic_gov.ethics.packs import EthicsPack, pack_for
from hcqic_gov.ethics.states import WorkKind
from hcqic_gov.policy.files import policy_dir, read_file

# London is an hour ahead of UTC in April: midnight between 27 and 28 April falls at 23:00 UTC.
MIDNIGHT = datetime(2026, 4, 27, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "moment", "pack"),
    [
        (WorkKind.RESEARCH, MIDNIGHT - timedelta(microseconds=1), "uk-rec-2004"),
        (WorkKind.RESEARCH, MIDNIGHT, "uk-rec-2026"),
        (WorkKind.RESEARCH, datetime(2005, 1, 1, tzinfo=UTC), "uk-rec-2004"),
        (WorkKind.EVALUATION, MIDNIGHT - timedelta(microseconds=1), "centre-default"),
        (WorkKind.EVALUATION, MIDNIGHT, "centre-default"),
    ],
)
def test_the_day_of_submission_in_london_chooses_the_pack(kind: WorkKind, moment: datetime, pack: str) -> None:
    assert pack_for(kind, moment).id == pack


def test_before_any_pack_there_is_none() -> None:
    with pytest.raises(NotFound, match="No policy of this kind was in force on 31 December 2019"):
        pack_for(WorkKind.EVALUATION, datetime(2019, 12, 31, 12, tzinfo=UTC))


def test_a_case_can_keep_the_whole_pack() -> None:
    for pack in packs.packs():
        kept = EthicsPack.model_validate(pack.terms())
        assert kept == pack
        assert kept.fingerprint == pack.fingerprint != ""


def test_a_pack_without_full_review_is_broken(tmp_path: Path) -> None:
    text = (policy_dir() / "ethics" / "centre-default.toml").read_text()
    broken = tmp_path / "broken.toml"
    broken.write_text(
        text.split("[tracks.full]")[0] + "[tracks.proportionate]" + text.split("[tracks.proportionate]")[1]
    )
    with pytest.raises(BrokenPolicy, match=r"broken\.toml, tracks \(line 16\): a pack needs the track “full”"):
        read_file(str(broken), EthicsPack)
