"""The effects: from a plan to measurements in the store."""
