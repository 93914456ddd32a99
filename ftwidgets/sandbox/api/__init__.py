"""The routes of the API, a file for each resource; how requests are read and what bodies look like."""
