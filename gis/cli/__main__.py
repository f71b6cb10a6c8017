"""`python -m gis.cli`: the command line where no script is installed."""

from gis.cli import main

main()
