"""What this course's notebooks import."""
