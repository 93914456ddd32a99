"""The sandbox as an HTTP server: users with keys, limits, a status page, worker processes; TLS is left to a proxy."""
