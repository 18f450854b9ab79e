"""What can go wrong with the ledger itself, each with a sentence for people.

Refusals are not errors: they are outcomes of an admission (``records.Refused``). What stands here is raised: a
database that is busy, gone, full or not ours, a step that the books do not allow, an owner that lost its claim. No
message names a key or a person.
"""

from __future__ import annotations


class LedgerError(Exception):
    """Anything that the ledger refuses or cannot do."""


class LedgerUnusableError(LedgerError):
    """The database cannot hold a ledger: wrong realm, network file system, too old a library, foreign schema."""


class LedgerBusyError(LedgerError):
    """Another process held the write gate for longer than this one was willing to wait. Nothing was changed."""


class LedgerGoneError(LedgerError):
    """The connection was lost.

    Whether the last transaction took effect is unknown; every operation may be repeated by its id.
    """


class LedgerFullError(LedgerError):
    """The disk is full or cannot be written. The transaction was rolled back."""


class ArchiveUnreachableError(LedgerError):
    """Old answers lie where they cannot be read or written at the moment. They are not lost, and not bought again."""


class BooksRefusedError(LedgerError):
    """The database's own checks or triggers refused a change.

    This is the last line of defence: the code above has a mistake.
    """


class UnknownBudgetError(LedgerError):
    """A call names a budget that was never set: nothing is admitted against a limit that nobody stated."""


class UnknownAttemptError(LedgerError):
    """No attempt with this id was ever admitted."""


class IllegalStepError(LedgerError):
    """The state of an attempt does not allow this step, e.g. voiding what was settled."""


class FencedError(LedgerError):
    """The attempt no longer belongs to the caller: it was reclaimed, or another process owns it.

    It must not be sent.
    """


class ConflictingSettlementError(LedgerError):
    """An attempt was settled before with another charge or another answer. The first settlement stands."""
