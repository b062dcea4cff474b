from tests.pages import client_of, static_files

__all__ = ["client_of", "static_files"]
