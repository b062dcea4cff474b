"""Settings, addresses of pages, and who hears of what."""
