"""Letters and packages: pure rendering of templates/; a case and a letter's name give subject and body."""

from desk.letters.registry import LETTERS, CannotWrite, NoSuchLetter, Reader, Recipe
from desk.letters.searched import system_names
from desk.letters.writing import Letter, write

__all__ = ["LETTERS", "CannotWrite", "Letter", "NoSuchLetter", "Reader", "Recipe", "system_names", "write"]
