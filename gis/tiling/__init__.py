"""Tiles made ahead: which lie in an area, made singly, kept or packed for offline."""
