"""What the numbers in the README come from; each module says how it is run."""
