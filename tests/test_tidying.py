"""Memory is tidied up seldom, and still is."""

import subprocess
import sys


def test_rings_of_dead_objects_are_found_seldom_and_still_are_found() -> None:
    # 120,000 rings of a list and its only member hold 240,000 objects: looked for at every 50,000, most are gone
    code = """
import gc, weakref
from geoplan.tidying import tidy_seldom
class Thing: pass
tidy_seldom()
looks, dead = [], []
gc.callbacks.append(lambda phase, _: looks.append(phase))
for number in range(120_000):
    thing = Thing()
    thing.itself = [thing]
    weakref.finalize(thing, dead.append, number) if number % 1000 == 0 else None
print(2 <= looks.count("stop") <= 12, len(dead) >= 60)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"


def test_a_run_tidies_seldom_before_it_loads_anything() -> None:
    code = """
import gc, sys
from geoplan import tidying
def tidy():
    print(sorted({'numpy', 'pandas', 'geopandas'} & set(sys.modules)))
    raise SystemExit
tidying.tidy_seldom = tidy
sys.argv = ['geoplan', 'run', 'nowhere']
from geoplan.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
