"""The state folder: a SQLite file and files beside it, safe for several processes and for one that is killed."""
