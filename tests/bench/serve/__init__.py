"""The serving benchmark: this server beside its peers over the same rows."""
