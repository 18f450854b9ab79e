"""Creator data of four paid providers as Dagster assets."""
