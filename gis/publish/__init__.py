"""Catalogue to text: tables, views, server configuration, map style, docs pages."""
