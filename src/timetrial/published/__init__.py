"""Figures that others published: rows, what is to be doubted of them, and a run beside them.

Pure functions and records. The data, and which of Timetrial's cells a row stands for, are in
catalog/published/.
"""
