"""The sandbox behind a port: keys, limits, a status page, worker processes. Left out: TLS, which a proxy does."""
