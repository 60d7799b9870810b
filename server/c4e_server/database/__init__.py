"""The one database of the service, SQLite or PostgreSQL: its tables, its migrations, its transactions."""
