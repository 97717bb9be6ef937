"""The parts of the page of agreement."""
