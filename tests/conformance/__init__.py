"""Abstract tests of the standards, each proven able to fail."""
