"""What stops a start and the person at the keyboard can remove."""


class SetupError(Exception):
    """An obstacle with a stable code, said in one sentence of Vietnamese and one of English."""

    def __init__(self, code: str, vi: str, en: str) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.vi = vi
        self.en = en
