"""What may become of this site? Its allowed uses as types of the facility catalogue."""

import pandas as pd

from geoplan.errors import Finding, listed
from geoplan.facility_types import type_of_word, type_words
from geoplan.rules import Checked, Setting
from geoplan.schema import join_list, split_list


def allow_types(rows: pd.DataFrame, setting: Setting) -> Checked:
    """Write allowed uses as types of the catalogue; a word that nobody knows stays as it is, with one remark a word."""
    words = type_words({})
    uses = rows["allowed_types"].map(split_list)
    types = uses.map(lambda said: join_list(dict.fromkeys(type_of_word(word, words) or word for word in said)))
    each = pd.DataFrame({"word": uses, "row": rows["row"]}).explode("word").dropna(subset="word")
    unknown = each[each["word"].map(lambda word: type_of_word(word, words) is None).astype(bool)]
    strays = {str(word): same["row"].tolist() for word, same in unknown.groupby("word")}
    known = rows.assign(allowed_types=types.where(rows["allowed_types"].notna()).astype("str"))
    return known, [
        Finding("sites.unknown_use", setting.layer, same[0], {"said": word, "count": len(same), "rows": listed(same)})
        for word, same in sorted(strays.items())]
