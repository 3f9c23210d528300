"""What the notebooks of a course and the engine that grades them share: checks, comparing, quizzes, seeds."""
