"""How is work shared among processes?

Every piece of work gives the same result wherever it is done, and results come back in the order of the work: how many
processes there are changes nothing but the time. Processes are started afresh (spawn), which every system can do; a
script that asks for more than one has to start from `if __name__ == "__main__"`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Protocol, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


class Crew(Protocol):
    """Does some work on each of several things, and returns the results in their order."""

    def __call__(self, work: Callable[[Work], Result], things: Sequence[Work], /) -> list[Result]: ...


@contextmanager
def hire(processes: int) -> Iterator[Crew]:
    """Offer a crew of so many processes; one is this process itself."""
    if processes <= 1:
        yield alone
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        def together(work: Callable[[Work], Result], things: Sequence[Work], /) -> list[Result]:
            return list(pool.map(work, things)) if len(things) > 1 else alone(work, things)

        yield together


def alone(work: Callable[[Work], Result], things: Sequence[Work], /) -> list[Result]:
    """Do all the work in this process."""
    return [work(thing) for thing in things]
