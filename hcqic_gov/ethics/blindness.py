"""Whose reviews of a case count, and who may read them yet."""

from collections.abc import Mapping, Sequence

from hcqic_gov.core.actor import Actor
from hcqic_gov.ethics.hearing import Hearing, has_recused
from hcqic_gov.ethics.models import EthicsCase, EthicsReview
from hcqic_gov.ethics.reviews import Reader, readable, to_be_asked
from hcqic_gov.people.rules import Role


def counted_reviews(heard: Hearing) -> Mapping[int, EthicsReview]:
    """By reviewer: those of whoever has not stepped aside, is not on the team, and is in term or has sent theirs."""
    return {
        number: row
        for number, row in heard.reviews.items()
        if number not in heard.team
        and not has_recused(heard.interests, number)
        and (row.submitted_at is not None or heard.in_term(number))
    }


def reviews_open_to(case: EthicsCase, heard: Hearing, actor: Actor) -> frozenset[int]:
    """Whose reviews this person may read; who stepped aside and who is on the team reads none."""
    if actor.id in heard.team or has_recused(heard.interests, actor.id):
        return frozenset()
    assigned = {number: row.submitted_at is not None for number, row in counted_reviews(heard).items()}
    chair = any(member.person_id == actor.id and member.chair for member in heard.members)
    reader = Reader(actor.id, chair, actor.has(Role.AUDITOR))
    return readable(assigned, reader, vote_opened=case.vote_open or case.decided_at is not None)


def raised(case: EthicsCase, heard: Hearing, actor: Actor) -> Sequence[str]:
    """What reviewers ask or worry about, as far as this person may read it: the draft of a request for information."""
    rows = counted_reviews(heard)
    return to_be_asked([rows[number].remarks for number in sorted(reviews_open_to(case, heard, actor))])
