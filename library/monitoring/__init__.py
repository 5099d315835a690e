"""What whoever runs the site looks at: logs, metrics, health checks."""
