"""Whether an installation is safe to use: what `zhike doctor` looks at."""
