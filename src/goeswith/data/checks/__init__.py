"""What the data can carry, before anything is spent: one check a file, each with the consequence for the user."""

from goeswith.data.checks.run import run_checks
from goeswith.data.checks.shop import Finding, Level, ShopTables

__all__ = ["Finding", "Level", "ShopTables", "run_checks"]
