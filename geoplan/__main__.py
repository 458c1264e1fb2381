"""Lets `python -m geoplan` do what the command `geoplan` does."""

from geoplan.cli import main

main()
