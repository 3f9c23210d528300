"""From an author's text file to the executed notebook and the released one."""
