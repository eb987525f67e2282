"""Changes of approved studies: one of each class, one that was not approved, one that the committee has before it."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from pydantic import TypeAdapter

from hcqic_gov.demo.ethics import OFFICER, STEPS, Case, allocate, decide, declare, go_on, hear
from hcqic_gov.demo.stage import Clock, Part, Scene, Stage, parts
from hcqic_gov.ethics import modifications, queries
from hcqic_gov.ethics.application import Application, content_of
from hcqic_gov.ethics.modifications import Amendment
from hcqic_gov.ethics.states import ChangeClass, Method, Purpose
from hcqic_gov.ethics.versions import alteration_of
from hcqic_gov.projects.rules import DataClass

WAYS = {ChangeClass.MINOR: "record", ChangeClass.IMPORTANT_DETAIL: "notify", ChangeClass.SUBSTANTIAL: "submit"}


class Revision(Part):
    """What becomes different in the study of this project that was begun `study` days ago; the rest stays."""

    project: str
    study: int
    began: int
    why: str
    until: str = "submitted"
    decision: str = "approve"
    reason: str = ""
    title: str | None = None
    lay_summary: str | None = None
    participants: str | None = None
    data_class: DataClass | None = None
    purposes: tuple[Purpose, ...] | None = None
    methods: tuple[Method, ...] | None = None

    @property
    def story(self) -> Case:
        """As the scenes of the ethics chapter want it."""
        study = next(case for case in parts("ethics", "cases", Case) if (case.project, case.began) == self.of)
        new = {"began": self.began, "until": self.until, "decision": self.decision, "reason": self.reason}
        return study.model_copy(update={**new, "conditions": (), "after": (), "against": (), "material": True})

    @property
    def of(self) -> tuple[str, int]:
        return self.project, self.study

    def applied_to(self, application: Application) -> Application:
        names = ("title", "lay_summary", "participants", "data_class", "purposes", "methods")
        return replace(application, **{n: v for n in names if (v := getattr(self, n)) is not None})


def scenes(clock: Clock) -> Iterator[Scene]:
    for revision in parts("modifications", "changes", Revision):
        case = revision.story
        acts = {
            "draft": partial(begin, revision=revision),
            "submitted": partial(send, revision=revision),
            "valid": partial(go_on, case=case, name="validate", by=OFFICER),
            "allocated": partial(allocate, case=case),
            "declared": partial(declare, case=case),
            "heard": partial(hear, case=case),
            "decided": partial(decide, case=case),
        }
        for step, act in acts.items():
            if STEPS.index(step) <= STEPS.index(revision.until):
                yield Scene(clock.at(case.ago(step), 35 + STEPS.index(step)), act)


def begin(stage: Stage, *, revision: Revision) -> None:
    """By the applicant of the study, on what is approved."""
    key, study_key = revision.story.key, f"{revision.project}/{revision.study}"
    applicant = stage.by(study_key)
    with stage.writing() as session:
        study = queries.case(session, stage.references[study_key])
        application = TypeAdapter(Application).validate_python({**content_of(study, ()), "answers": {}})
        entered = Amendment(revision.applied_to(application), study.valid_to, revision.why)
        made = modifications.begin(
            session, study.reference, entered, seen=study.version, actor=applicant, now=stage.now
        )
        stage.references[key], stage.numbers[key], stage.cast[key] = made.reference, made.key, applicant


def send(stage: Stage, *, revision: Revision) -> None:
    """By the way of its class."""
    case = revision.story
    with stage.database.reading() as session:
        found = alteration_of(session, queries.case(session, stage.references[case.key])).change_class
    go_on(stage, case=case, name=WAYS[found or ChangeClass.SUBSTANTIAL], by="")
