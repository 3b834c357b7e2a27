"""What is requested of an app: the requests, how often each, and what all servers answer."""
