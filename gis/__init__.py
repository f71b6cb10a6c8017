"""How the product meets the world."""
