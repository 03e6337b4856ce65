"""What the service remembers: jobs, events, results, uploads, counters, webhooks to send. SQLite or PostgreSQL."""
