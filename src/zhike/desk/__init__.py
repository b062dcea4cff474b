"""What a person at work opens: workbench, customer list, 360° page, search. Reads every room, owns no data."""
