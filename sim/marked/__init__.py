"""Text files that remember where each word stands: YAML documents and CSV tables."""
