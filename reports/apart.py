"""Calls into a library that runs an event loop of its own: a thread has at most one, and ours may have it already."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """What the work answers, done in a thread that has nothing else to do; its errors are raised here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()
