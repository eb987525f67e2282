"""Reads every policy file there is, so that a broken one stops the start and not a user."""

from hcqic_gov.policy.access import access_policies


def check_all() -> int:
    """How many policy files were read. Errors: BrokenPolicy for the first that cannot be used."""
    return len(access_policies().annotations)
