"""geoplan: from a planner's own files to renovation areas, service gaps, elder-care space, map and shapefiles.

    read_project(path)      plan.toml -> Project           every problem told at once
    make_plan(project)      Project   -> Plan              reads the layers, runs every step once (plan.py)
    write_run(plan, out)    Plan      -> run folder        whole or not at all
    explain a table         geoplan.schema.columns_of(...) what every column means

The path of the data, one file a step:

    read -> screening network travel circles links areas eldercare -> plan -> maps workbook shapefiles geopackage
"""

from importlib import import_module
from importlib.metadata import version

__version__ = version("geoplan")
__all__ = ["read_project", "make_plan", "write_run"]

# Loaded when first used: `import geoplan` must not pay for the geometry libraries.
_HOMES = {
    "read_project": ("geoplan.project", "load_project"),
    "make_plan": ("geoplan.plan", "make_plan"),
    "write_run": ("geoplan.publish", "publish"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'geoplan' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
