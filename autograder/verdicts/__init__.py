"""What grading says: statuses, sentences and points."""
