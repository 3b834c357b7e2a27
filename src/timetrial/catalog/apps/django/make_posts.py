"""Writes myapp/posts.json: 100 posts of invented words, the same on every run, 27,520 bytes."""

import json
from itertools import cycle
from pathlib import Path
from random import Random

POSTS = 100
POSTS_A_USER = 10
DOCUMENT_BYTES = 27_520

TITLE_WORDS = 6
BODY_WORDS = 27
WORDS_A_LINE = 6

# Random.random() gives the same numbers on every Python; its other methods do not promise that.
RANDOM = Random(20).random  # noqa: S311 - nothing is to be kept secret

ONSETS = ["b", "d", "f", "g", "l", "m", "n", "p", "qu", "r", "s", "t", "v"]
VOWELS = ["a", "e", "i", "o", "u"]
ENDINGS = ["", "m", "r", "s", "t"]


def main():
    target = Path(__file__).parent / "myapp" / "posts.json"
    target.write_text(document(), encoding="ascii")


def document():
    words = [word() for _ in range(105)]
    posts = [post(number, words) for number in range(1, POSTS + 1)]
    fill_up(posts, words, DOCUMENT_BYTES - len(dumped(posts)))
    return dumped(posts)


def fill_up(posts, words, missing):
    """Add a word to one post after the other, and to the last of them what is still missing."""
    for each in cycle(posts):
        more = f" {pick(words)}"
        if len(more) > missing:
            each["body"] += "." * missing
            return
        each["body"] += more
        missing -= len(more)


def post(number, words):
    return {
        "userId": (number - 1) // POSTS_A_USER + 1,
        "id": number,
        "title": " ".join(pick(words) for _ in range(TITLE_WORDS)),
        "body": "\n".join(
            " ".join(pick(words) for _ in range(min(WORDS_A_LINE, BODY_WORDS - start)))
            for start in range(0, BODY_WORDS, WORDS_A_LINE)
        ),
    }


def word():
    syllables = 1 + int(RANDOM() * 3)
    return "".join(pick(ONSETS) + pick(VOWELS) for _ in range(syllables)) + pick(ENDINGS)


def pick(choices):
    return choices[int(RANDOM() * len(choices))]


def dumped(posts):
    return json.dumps(posts, indent=2)


if __name__ == "__main__":
    main()
