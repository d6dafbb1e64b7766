"""Files written whole or not at all, under names that are safe on every system."""
