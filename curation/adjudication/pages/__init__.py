"""The parts of the page of annotators and codebook."""
