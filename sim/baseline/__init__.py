"""Plans as data: a folder is read, checked and frozen; its audit and its path."""
