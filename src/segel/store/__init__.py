"""Where bytes come to rest: PostgreSQL (embedded or by DSN), and packs on an object store."""
