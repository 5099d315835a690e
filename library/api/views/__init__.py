"""The API's views. Each finds its object among the owner's, calls a service, and serializes."""
