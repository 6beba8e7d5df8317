"""Every error that goeswith raises on purpose, on one screen.

An error says what is wrong, where, what was found there and what to do. Commands print it in one or two lines and exit
with code 2; anything else that escapes is a bug in goeswith.

    >>> raise DataError("no column 'title'", where="items.csv", found="sku, name", remedy="map it: …")
"""

from __future__ import annotations


class GoeswithError(Exception):
    """Base of all errors below. `str(error)` is one line, or two where there is a remedy."""

    def __init__(self, what: str, *, where: str = "", found: str = "", remedy: str = "") -> None:
        self.what, self.where, self.found, self.remedy = what, where, found, remedy
        context = "; ".join(part for part in (where, f"found {found}" if found else "") if part)
        line = f"{what} ({context})" if context else what
        super().__init__(f"{line}\n{remedy}" if remedy else line)


class SettingsError(GoeswithError):
    """goeswith.toml, an environment variable or --set holds something unknown or impossible."""


class DataError(GoeswithError):
    """A file of the shop is missing, broken, empty, or holds what its column cannot mean."""


class KnowledgeError(GoeswithError):
    """An answer file or knowledge.sqlite cannot be used."""


class PendingError(KnowledgeError):
    """Answers are under way at the provider and not there yet; the same command goes on where it was."""


class WorkspaceError(GoeswithError):
    """The workspace, a build in it or one of its artifacts is missing, damaged or in use."""


class QueryError(GoeswithError):
    """A question about the live build names something that it does not know."""


class MissingExtraError(GoeswithError):
    """An optional part is not installed."""
