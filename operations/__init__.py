"""Operations of the whole system: commands, health, metrics, audit, imports and demo data."""
