"""When two terms are two spellings of one: case, punctuation, plural, British and American, open and closed compounds.

    term_key("Tea-Lights") == term_key("tea light")
    compact("T-light holder") == compact("tlight holder")

Only spelling is decided here; words that mean the same ("flat iron", "hair straightener") are `merging`'s task.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TOKEN = re.compile(r"\w+")
_APOSTROPHES = str.maketrans("", "", "'’`")

IRREGULAR = {
    "knives": "knife",
    "leaves": "leaf",
    "loaves": "loaf",
    "shelves": "shelf",
    "halves": "half",
    "scarves": "scarf",
    "feet": "foot",
    "teeth": "tooth",
    "mice": "mouse",
    "children": "child",
    "men": "man",
    "women": "woman",
    "potatoes": "potato",
    "tomatoes": "tomato",
    "mangoes": "mango",
    "cookies": "cookie",
    "brownies": "brownie",
    "smoothies": "smoothie",
    "pies": "pie",
    "ties": "tie",
    "movies": "movie",
    "hoodies": "hoodie",
    "lenses": "lens",
    "cloths": "cloth",
    "axes": "axe",
    "shoes": "shoe",
    "quiches": "quiche",
    "doilies": "doily",
}
INVARIANT = frozenset(
    (
        "gas glass glasses lens brass christmas canvas cactus citrus series species news molasses hummus asparagus "
        "couscous swiss plus bias atlas iris tennis chess princess mattress clothes always hibiscus eucalyptus "
        "octopus compass harness surplus analysis basis oasis psoriasis kudos sunglasses pants jeans leggings "
        "tights sudafed"
    ).split()
)
SPELLING = {
    "colour": "color",
    "coloured": "colored",
    "colouring": "coloring",
    "moisturiser": "moisturizer",
    "moisturising": "moisturizing",
    "grey": "gray",
    "jewellery": "jewelry",
    "yoghurt": "yogurt",
    "doughnut": "donut",
    "flavour": "flavor",
    "flavoured": "flavored",
    "fibre": "fiber",
    "organiser": "organizer",
    "sanitiser": "sanitizer",
    "steriliser": "sterilizer",
    "mould": "mold",
    "pyjama": "pajama",
    "moustache": "mustache",
    "whisky": "whiskey",
    "aluminium": "aluminum",
    "modelling": "modeling",
    "aeroplane": "airplane",
    "barbeque": "barbecue",
    "bbq": "barbecue",
    "tealight": "tea light",
    "catsup": "ketchup",
    "omelette": "omelet",
}


@lru_cache(maxsize=200_000)
def singular(word: str) -> str:
    """The singular of a lower-case English noun; words of other languages mostly pass unchanged.

    >>> singular("candles"), singular("brushes"), singular("berries"), singular("glass")
    ('candle', 'brush', 'berry', 'glass')
    """
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) <= 3 or word in INVARIANT or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def tokens(text: str) -> list[str]:
    """Words of a title or term in one spelling."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES).replace("&", " and ")
    found = _TOKEN.findall(plain.replace("_", " "))
    return [part for word in found for part in SPELLING.get(singular(word), singular(word)).split()]


def term_key(term: str) -> str:
    """Terms with the same key are one term."""
    return " ".join(tokens(term)) or term.strip().casefold()


def compact(key: str) -> str:
    """A key without its spaces: "tea light" and "tealight" are one, and so are "hair band" and "hairband"."""
    return key.replace(" ", "")
