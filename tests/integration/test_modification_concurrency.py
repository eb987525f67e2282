"""Two people begin a change of the same section at the same moment, over real connections on both databases."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from hcqic_gov.core.errors import Refused
from hcqic_gov.ethics import modifications, queries
from hcqic_gov.ethics.versions import modifications_of
from tests.ethics_steps import decided
from tests.factories import World
from tests.modification_steps import NARROWER, WIDER, amendment

ROUNDS = 5


def begin_at_once(world: World, study: str, seen: int) -> list[str]:
    """What each of the two was told; "" where it went through."""
    start = Barrier(2)

    def attempt(changes: dict[str, object]) -> str:
        start.wait(10)
        try:
            with world.database.transaction() as session:
                entered = amendment(**changes)  # type: ignore[arg-type]
                modifications.begin(session, study, entered, seen=seen, actor=world["project_lead"], now=world.now)
        except Refused as refusal:
            return refusal.code
        return ""

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(attempt, (NARROWER, WIDER)))


def test_one_holds_the_section_and_the_other_is_told(world: World) -> None:
    for _ in range(ROUNDS):
        study = decided(world, world.project(active=True))
        assert begin_at_once(world, study.reference, study.version) == ["", "sections_free"]
        with world.reading() as session:
            assert len(modifications_of(session, queries.case(session, study.reference))) == 1
