"""What pages, API and admin share about requests and responses: middleware, forms, context, resumable uploads."""
