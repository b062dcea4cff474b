"""What every room needs: access, audit, approvals, calendar, jobs, keys, parameters, tasks, and the shell.

Owns no business fact of the bank. Knows no other room; higher rooms tell it what to call through
`zhike.core.hearing`.
"""
