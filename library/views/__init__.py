"""Pages. Each finds its object among those of the person who asks, calls a service, and renders."""
