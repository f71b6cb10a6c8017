"""The private server, and the only rooms that talk to the database."""
