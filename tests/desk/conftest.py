from tests.pages import client_of, site, static_files, visit

__all__ = ["client_of", "site", "static_files", "visit"]
