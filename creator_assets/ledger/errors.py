"""What can go wrong with the ledger itself, each with a sentence for people.

A refusal is not an error: it is an outcome of an admission (``records.Refused``). These are raised: a database that is
busy, gone, full or not ours, a step that the books do not allow, a process that lost its attempt. No message names a
key or a person.
"""

from __future__ import annotations


class LedgerError(Exception):
    """Anything that the ledger refuses or cannot do."""


class LedgerUnusableError(LedgerError):
    """The database cannot be this ledger: another realm or release, a network file system, an outdated library."""


class LedgerBusyError(LedgerError):
    """Other writers held the ledger for longer than this one was willing to wait. Nothing was changed."""


class LedgerGoneError(LedgerError):
    """The connection was lost.

    Whether the last transaction took effect is unknown; every operation may be repeated by its id.
    """


class LedgerFullError(LedgerError):
    """The disk is full or cannot be written. The transaction was rolled back."""


class ArchiveUnreachableError(LedgerError):
    """The store of old answers cannot be read or written now. They are not lost, and not bought again."""


class BooksRefusedError(LedgerError):
    """The database's own checks or triggers refused a change.

    This is the last line of defence: the code above has a mistake.
    """


class UnknownBudgetError(LedgerError):
    """A request names a budget that was never set: nothing is admitted without a stated limit."""


class UnknownAttemptError(LedgerError):
    """No attempt with this id was ever admitted."""


class IllegalStepError(LedgerError):
    """The state of an attempt does not allow this step, e.g. voiding what was settled."""


class FencedError(LedgerError):
    """The attempt does not belong to the caller: it was reclaimed, or another process owns it.

    It must not be sent.
    """


class ConflictingSettlementError(LedgerError):
    """An attempt was settled before with another charge or another answer. The first settlement stands."""
