"""Small pieces that pages share: the page of a form, what follows a POST, links of a list."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hcqic_gov.core.errors import Invalid, NotFound, Refused
from hcqic_gov.core.ruling import Ruling, first_refusal
from hcqic_gov.core.workflow import SYSTEM, Workflow
from hcqic_gov.policy.access import Resource, may
from hcqic_gov.web.centre import actor, session
from hcqic_gov.web.forms import Form

Answer = Response | tuple[str, int] | str
S = TypeVar("S", bound=StrEnum)
C = TypeVar("C")


class Row(Protocol):
    """What has a number."""

    @property
    def id(self) -> int | None: ...


RowT = TypeVar("RowT", bound=Row)


def done(sentence: str, endpoint: str, **values: Any) -> Response:
    """Say what was done, on the next page."""
    flash(sentence, "success")
    return redirect(url_for(endpoint, **values))


def form_page(
    form: Form,
    save: Callable[[], Response],
    *,
    title: str,
    lead: str = "",
    caption: str = "",
    submit: str = "Save",
    cancel: str,
    template: str = "form.html",
    **context: Any,
) -> Answer:
    """Show a form; when it was sent and is right, save it; else show what to mend, with everything that was typed.

    What a service finds invalid becomes an error of the form, and nothing that was begun is kept.
    """
    if form.validate_on_submit():
        try:
            return save()
        except Invalid as error:
            session().rollback()
            form.blame(error)
    html = render_template(
        template,
        form=form,
        title=title,
        lead=lead,
        caption=caption,
        submit_label=submit,
        cancel_url=cancel,
        **context,
    )
    return (html, 400) if form.is_submitted() else html


def mendable(save: Callable[[], Response], codes: Collection[str]) -> Callable[[], Response]:
    """A save whose refusals with one of these codes are errors of the form, with everything that was typed."""

    def try_to_save() -> Response:
        try:
            return save()
        except Refused as refusal:
            if refusal.code in codes:
                raise Invalid(str(refusal)) from refusal
            raise

    return try_to_save


def confirm_page(label: str, form: Form, save: Callable[[], Response], *, caption: str, cancel: str) -> Answer:
    """The page of a move of a workflow, by its label."""
    return form_page(form, save, title=sentence(label), caption=caption, submit="Confirm", cancel=cancel)


def sentence(words: str) -> str:
    """With a capital at the start; what stands in capitals stays."""
    return words[:1].upper() + words[1:]


def entry_of(rows: Iterable[RowT], key: int, noun: str) -> RowT:
    """The entry of a record that an address names. Errors: NotFound."""
    row = next((row for row in rows if row.id == key), None)
    if row is None:
        raise NotFound(f"We cannot find this {noun}. Somebody may have removed it.")
    return row


def move_rulings(workflow: Workflow[S, C], state: S, facts: C, *, register: str, on: Resource) -> dict[str, Ruling]:
    """For each move that people make from this state: may this person make it, and may it be made now."""
    return {
        move.name: first_refusal(
            (may(actor(), f"{register}.{move.name}", on), workflow.ruling(move.name, state, facts))
        )
        for move in workflow.moves_from(state)
        if move.who != (SYSTEM,)
    }


@dataclass(frozen=True, slots=True)
class Page:
    """Where a reader is in a list; the addresses keep the filters."""

    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        return min(self.total, (self.number - 1) * self.size + 1)

    @property
    def last(self) -> int:
        return min(self.total, self.number * self.size)

    @property
    def previous_url(self) -> str | None:
        return self.url(self.number - 1) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        return self.url(self.number + 1) if self.number < self.pages else None

    def url(self, number: int) -> str:
        return url_with(page=None if number == 1 else number)


def page_number() -> int:
    """The page asked for; 1 where that is no number above zero."""
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 8 else 1


def url_with(**changes: Any) -> str:
    """This page's address with some of its query changed; None takes a part away."""
    kept: Mapping[str, Any] = {**request.args.to_dict(), **(request.view_args or {}), **changes}
    return url_for(request.endpoint or "", **{k: v for k, v in kept.items() if v not in (None, "")})
