"""Races of a user's own app: who takes part, with equal means, and what to make of it. Pure."""
