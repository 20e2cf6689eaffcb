"""Keys: of encrypted stores and properties, and those that sign versions."""
