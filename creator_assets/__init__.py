"""Creator data of paid providers as Dagster assets."""
