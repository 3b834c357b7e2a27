"""One function a verb: from a frozen record of options to a record of what came of it."""
