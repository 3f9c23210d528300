"""From what students handed in to answers beside the cells they belong to."""
