"""Pages. Each finds what it is about among the owner's, calls a service, and renders."""
