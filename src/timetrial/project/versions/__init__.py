"""The same stack in several versions, side by side in one run."""
