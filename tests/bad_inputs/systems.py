"""Coordinate systems that are missing, wrong or lied about, and datums that nobody named."""

from collections.abc import Callable
from pathlib import Path

from brought import degrees, swapped, town, write
from catalogue import CLEAN, FACILITIES, FACILITY_TEXT, ROWS, Catalogue, plan_toml, with_facilities, with_layer
from geopandas import GeoDataFrame
from shapely import LineString

GROUP = "crs"
SOUND = {"estate_id": [f"E{n:02d}" for n in range(ROWS)], "name": [f"里{n}" for n in range(ROWS)]}


def said(frame: GeoDataFrame, text: str = "", *, prj: bool = True, header: str = "") -> Callable[[Path], None]:
    """Return a maker of a shapefile of estates, with or without its .prj."""

    def make(folder: Path) -> None:
        write(frame, folder / "estates.shp", encoding="UTF-8")
        if not prj:
            (folder / "estates.prj").unlink(missing_ok=True)
        plan_toml(folder, header, estates=f'path = "estates.shp"\n{text}')

    return make


def at(code: str, frame: GeoDataFrame | None = None) -> GeoDataFrame:
    """Return the town with its coordinates as they are, and another name for what they mean."""
    return (town(ROWS, **SOUND) if frame is None else frame).set_crs(code, allow_override=True)


def places(x: str, y: str, datum: str = 'datum = "WGS84"') -> Callable[[Path], None]:
    text = FACILITY_TEXT.replace('datum = "WGS84"', datum)
    return with_facilities([*FACILITIES, ["某处", "超市", x, y]], text)


def all_places(x: str, y: str, datum: str) -> Callable[[Path], None]:
    text = FACILITY_TEXT.replace('datum = "WGS84"', datum)
    return with_facilities([FACILITIES[0], *([f"某处{n}", "超市", x, y] for n in range(5))], text)


def add_to(book: Catalogue) -> None:
    sound = town(ROWS, **SOUND)
    zone40 = sound.translate(40_000_000, 0).to_list()
    prefixed = GeoDataFrame(sound.drop(columns="geometry"), geometry=zone40, crs="EPSG:4528")
    book.stop(GROUP, "no .prj and no crs", "places.no_crs", said(sound, prj=False))
    book.remark(GROUP, "no .prj, crs in plan.toml", CLEAN, said(sound, 'crs = "EPSG:4549"', prj=False))
    book.remark(
        GROUP, "a .prj that plan.toml overrules", "places.crs_overruled", said(at("EPSG:4326"), 'crs = "EPSG:4549"')
    )
    book.stop(GROUP, "metres called degrees", "places.not_degrees", said(at("EPSG:4326")))
    book.stop(GROUP, "metres called degrees of CGCS2000", "places.not_degrees", said(at("EPSG:4490")))
    book.stop(GROUP, "degrees called metres", "places.", said(at("EPSG:4549", degrees(sound))))
    book.stop(
        GROUP,
        "a zone number in front that the system does not have",
        "places.zone_prefix",
        said(at("EPSG:4549", prefixed)),
    )
    book.stop(GROUP, "no zone number where the system has one", "places.zone_prefix_missing", said(at("EPSG:4528")))
    book.remark(GROUP, "a zone number in front, as the system has it", CLEAN, said(prefixed))
    for code in ("EPSG:4534", "EPSG:4543", "EPSG:4554"):
        book.remark(GROUP, f"the zone of another place, {code}: still in China", "", said(at(code)))
    book.stop(GROUP, "a zone of Europe", "places.", said(at("EPSG:32633")))
    book.stop(
        GROUP,
        "all x and y exchanged",
        "places.all_swapped",
        said(
            GeoDataFrame(sound.drop(columns="geometry"), geometry=[swapped(g) for g in sound.geometry], crs=sound.crs)
        ),
    )
    book.stop(
        GROUP,
        "all longitudes and latitudes exchanged",
        "places.",
        said(
            GeoDataFrame(
                sound.drop(columns="geometry"), geometry=[swapped(g) for g in degrees(sound).geometry], crs="EPSG:4326"
            )
        ),
    )
    book.remark(GROUP, "degrees of WGS84", CLEAN, said(degrees(sound)))
    for code, name in (("EPSG:4214", "Beijing 1954"), ("EPSG:4610", "Xi'an 1980")):
        book.remark(GROUP, f"degrees of {name}", "places.other_datum", said(at(code, degrees(sound))))
    book.stop(GROUP, "a crs that does not exist", "project.unknown_crs", said(sound, 'crs = "EPSG:999999"'))
    book.stop(GROUP, "a crs that is a word", "project.unknown_crs", said(sound, 'crs = "西安80"'))
    book.stop(GROUP, "a working crs in degrees", "project.crs_not_metres", said(sound, header='crs = "EPSG:4490"\n'))
    book.stop(GROUP, "a working crs in feet", "project.crs_not_metres", said(sound, header='crs = "EPSG:2263"\n'))
    book.stop(
        GROUP, "a working crs that is a datum", "project.crs_not_metres", said(sound, header='crs = "CGCS2000"\n')
    )
    book.stop(GROUP, "a datum that does not exist", "project.not_allowed", said(sound, 'datum = "北京54"'))
    book.stop(GROUP, "ledger coordinates without a datum", "places.no_datum", places("120.42", "31.54", ""))
    for x, y, code, name in (
        ("0", "0", "places.zero_coordinates", "0"),
        ("", "", "places.no_coordinates", "blank"),
        ("120.42", "", "places.no_coordinates", "half blank"),
        ("经度", "纬度", "places.not_a_coordinate", "a heading again"),
        ("31.54", "120.42", "places.swapped", "exchanged"),
        ("220.42", "31.54", "places.outside", "past 180"),
        ("120.42", "95", "places.outside", "past the pole"),
        ("-120.42", "31.54", "places.outside", "in America"),
        ("120.42", "-31.54", "places.outside", "in Australia"),
        ("104.06", "30.67", "places.outside", "in Chengdu"),
        ("12042", "3154", "places.outside", "without a point"),
        ("1e300", "31.54", "places.", "astronomical"),
        ("120。42", "31。54", "places.", "with a full stop"),
        ("NaN", "NaN", "places.", "NaN"),
        ("inf", "31", "places.", "inf"),
        ("120,42", "31,54", "places.", "with commas for points"),
        ("120.42°", "31.54°", "", "with degree signs"),
        ("120°25'12\"", "31°32'24\"", "", "in minutes and seconds"),
        ("东经120.42", "北纬31.54", "", "with words"),
    ):
        book.remark("datum", f"a facility whose coordinates are {name}", code, places(x, y))
    book.stop(
        "datum",
        "a ledger with every x and y exchanged",
        "places.all_swapped",
        all_places("31.54", "120.42", 'datum = "WGS84"'),
    )
    book.stop("datum", "a ledger of another town", "places.elsewhere", all_places("104.06", "30.67", 'datum = "WGS84"'))
    book.stop(
        "datum", "a ledger in metres called degrees", "places.", all_places("540000", "3490000", 'datum = "WGS84"')
    )
    book.remark("datum", "a ledger in metres with its crs", "", all_places("540000", "3490000", 'crs = "EPSG:4549"'))
    for datum in ("GCJ02", "BD09", "CGCS2000"):
        book.remark(
            "datum", f"a ledger in {datum}", "facilities.no_status", places("120.42", "31.54", f'datum = "{datum}"')
        )
    book.stop(
        GROUP,
        "streets of another town",
        "places.elsewhere",
        with_layer(
            "streets",
            'path = "s.gpkg"',
            lambda folder: write(
                GeoDataFrame(
                    {"highway": ["path"] * 3},
                    geometry=[LineString(g.exterior) for g in town(3).translate(0, 900_000)],
                    crs="EPSG:4549",
                ),
                folder / "s.gpkg",
            ),
        ),
    )
    book.stop(
        GROUP,
        "a barrier of another town",
        "places.elsewhere",
        with_layer(
            "barriers__water",
            'path = "s.gpkg"',
            lambda folder: write(
                GeoDataFrame({"name": ["河"] * 3}, geometry=town(3).translate(0, 900_000).to_list(), crs="EPSG:4549"),
                folder / "s.gpkg",
            ),
        ),
    )
