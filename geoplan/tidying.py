"""How often is memory tidied up? Seldom: a run makes millions of small objects, and few that hold each other in a ring.

Python frees what nobody uses at once; only rings of objects wait until it looks for them among all there are. With its
own settings that looking takes a tenth of the time of a run; with these a run holds no more memory at its peak.
"""

import gc

NEW, YOUNG, OLD = 50_000, 20, 100  # new objects between two looks, and looks at one age between two at the next


def tidy_seldom() -> None:
    """Let this process look for rings of dead objects seldom."""
    gc.set_threshold(NEW, YOUNG, OLD)
