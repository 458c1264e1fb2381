"""What does one type to find 鼓楼片区? Its pinyin initials: glpq.

The 3,755 common characters of GB 2312 (its first level) stand in the order of their pinyin, so the bytes of a character
tell its first letter. The rarer ones stand by radical: those met in names of places are listed, others have no initial
and are passed over. A character of several readings has the one GB 2312 files it under (重 is z, 长 is
c). Letters and digits are their own.
"""

from bisect import bisect_right
from functools import cache

FIRST_OF = (  # the first GB 2312 code of each letter; no syllable begins with i, u or v
    ("a", 0xB0A1), ("b", 0xB0C5), ("c", 0xB2C1), ("d", 0xB4EE), ("e", 0xB6EA), ("f", 0xB7A2), ("g", 0xB8C1),
    ("h", 0xB9FE), ("j", 0xBBF7), ("k", 0xBFA6), ("l", 0xC0AC), ("m", 0xC2E8), ("n", 0xC4C3), ("o", 0xC5B6),
    ("p", 0xC5BE), ("q", 0xC6DA), ("r", 0xC8BB), ("s", 0xC8F6), ("t", 0xCBFA), ("w", 0xCDDA), ("x", 0xCEF4),
    ("y", 0xD1B9), ("z", 0xD4D1),
)
LAST = 0xD7F9
RARER = {
    "b": "滗亳邶孛邠璧弼", "c": "璁岑璨漕淙", "d": "埭岱砀坻", "f": "枋沣芾", "g": "岵珙臬妫崮邗",
    "h": "湟璜晖珲昊颢淏灏浒桦骅圜洹鄗", "j": "泾璟瑾婧暨缙菁旌鄄笄", "k": "岢崆郐喾邝",
    "l": "骊蓼渌漯璐泸阆沅岚涞", "m": "邙鄚岷沔渑茗", "n": "甯垴", "p": "邳郫鄱邴",
    "q": "淇祺琪芪衢圻蕲邛瞿", "r": "瑢芮", "s": "睢歙嵊晟淞嵩埘",
    "t": "郯滕潼洮", "w": "婺涠沩邬鄢", "x": "鑫馨歆浔煊瑄萱骧禧浠",
    "y": "垚钰瑜奕懿滢弋芫圯鄞怡漪嬿", "z": "圳梓祯榛沚郅",
}
_STARTS = [code for _, code in FIRST_OF]
_RARE = {character: letter for letter, characters in RARER.items() for character in characters}


def initials_of(text: str) -> str:
    """Return the pinyin initials of a name in small letters, with its own letters and digits among them."""
    return "".join(map(_initial, text)).lower()


@cache
def _initial(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else ""
    code = int.from_bytes(character.encode("gb2312", "ignore"), "big")  # 0 where GB 2312 does not have it
    if _STARTS[0] <= code <= LAST:
        return FIRST_OF[bisect_right(_STARTS, code) - 1][0]
    return _RARE.get(character, "")
