"""Every error that Cribsheet raises on purpose. Its message says what to do.

CribError
├── SettingsError        a setting is unknown, out of bounds or contradicts another
├── NotesError           a folder or note cannot be used
├── StoreError           the index cannot be read or written
│   ├── NoIndexError     nothing was ingested yet
│   ├── LockedError      another process is writing to it
│   ├── DamagedError     its file is damaged
│   └── DiskFullError    there is no room to write
├── ModelError           a model cannot be used
│   ├── ModelMissingError    it is not on this machine
│   ├── DigestError          its bytes are not the ones expected
│   ├── DownloadError        no source could give it
│   ├── ExtraMissingError    the package that speaks to it is not installed
│   └── ModelServerError     it was asked and failed
├── QuestionError        a question that cannot be asked
├── ChatError            a conversation that is not there, or cannot be exported
├── StoppedError         a question was taken back
├── CaseError            an eval case that cannot be run
├── BaselineError        a run that another cannot be judged by
└── PortError            the page's port cannot be had

The library raises them; only the command line and the page turn them into words.
"""


class CribError(Exception):
    """Root of the tree. `str(error)` is one line, fit to be shown.

    `code` is what a command ends with.
    """

    code = 1


class SettingsError(CribError):
    """A setting is unknown, out of bounds or contradicts another."""


class NotesError(CribError):
    """A folder or note cannot be used."""


class StoreError(CribError):
    """The index cannot be read or written."""


class NoIndexError(StoreError):
    """Nothing was ingested yet."""


class LockedError(StoreError):
    """Another process is writing to the index."""


class DamagedError(StoreError):
    """The index's file is damaged; an ingest makes it anew."""


class DiskFullError(StoreError):
    """There is no room to write."""


class ModelError(CribError):
    """A model cannot be used."""


class ModelMissingError(ModelError):
    """The model is not on this machine."""


class DigestError(ModelError):
    """The model's bytes are not the ones expected."""


class DownloadError(ModelError):
    """No source could give the model."""


class ExtraMissingError(ModelError):
    """The package that speaks to the model is not installed."""


class ModelServerError(ModelError):
    """The model was asked and failed."""


class QuestionError(CribError):
    """A question that cannot be asked."""


class ChatError(CribError):
    """A conversation that is not there, or cannot be exported."""


class StoppedError(CribError):
    """A question was taken back."""


class CaseError(CribError):
    """An eval case that cannot be run."""


class BaselineError(CribError):
    """A run that another cannot be judged by: damaged, or of other cases."""


class PortError(CribError):
    """The page's port cannot be had."""
