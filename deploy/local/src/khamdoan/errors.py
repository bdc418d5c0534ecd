"""What stops a start and the person at the keyboard can remove."""


class SetupError(Exception):
    """An obstacle with a stable code, said in a sentence of Vietnamese and of English; `status` ends the command."""

    def __init__(self, code: str, vi: str, en: str, status: int = 1) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.vi = vi
        self.en = en
        self.status = status
