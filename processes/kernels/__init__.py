"""Pure geometry and arithmetic: arrays in, arrays out, metres; no files, no clock."""
