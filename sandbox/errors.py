"""What a caller can put right."""


class SandboxError(Exception):
    """Nothing can be confined here; the text says why and what to do."""
