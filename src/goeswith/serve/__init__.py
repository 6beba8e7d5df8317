"""The live build over HTTP: the endpoints (`api`), the build they answer from (`live`), and the socket (`server`)."""
