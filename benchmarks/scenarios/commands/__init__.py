"""What people type: plan, diff, profile, docs, and how long a command takes to begin."""
