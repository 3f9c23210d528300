"""Who the students are: keys of platforms, the roster, and what belongs to whom."""
