"""Code that runs in the student's process. Everything it says may be a lie; nothing here decides a mark."""
