"""Searching a library: filters, their query strings, and the facets and chips that show them."""
