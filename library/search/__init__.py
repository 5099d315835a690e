"""From an address to a queryset and back: filters, their text, and the facets and chips that show them."""
