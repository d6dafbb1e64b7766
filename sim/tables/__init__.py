"""What a reader sees: tables from results, never from the engine."""
