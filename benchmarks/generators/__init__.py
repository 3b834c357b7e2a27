"""Load generators, each behind one adapter: how it is started, and what it says it did."""
