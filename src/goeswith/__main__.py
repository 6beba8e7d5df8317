"""python -m goeswith"""

from goeswith.cli import main

main()
