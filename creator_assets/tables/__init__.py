"""The tables: their schemas, and the store that writes and reads their partitions as Parquet files.

Belongs here: columns with type, unit, meaning and personal-data class (``schemas`` and the ``*_schemas`` modules), the
data dictionary made from them, validation, encoding, content digests and files.

Does not belong here: names of providers, formulas (``metrics``), and Dagster.
"""
