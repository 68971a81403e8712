"""The crash matrix: a server that is killed, and the platform that outlives it."""
