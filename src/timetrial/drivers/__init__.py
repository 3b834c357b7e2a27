"""Load generators behind one protocol: the native engine, and a scripted one for tests."""
