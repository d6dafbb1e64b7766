"""Studies call the engine and return frozen results: one file each."""
