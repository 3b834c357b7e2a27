"""A user's own app: found, looked into, and laid under servers without being touched."""
