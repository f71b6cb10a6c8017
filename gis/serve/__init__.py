"""The HTTP face: who asks, what is asked, what is answered."""
