"""What several tests share: a PostgreSQL server, and readers of the project's own source."""
