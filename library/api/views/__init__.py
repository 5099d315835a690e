"""The API's views: find among the owner's, call a service, serialize."""
