/* What belongs to what? Rows by id, members of areas, gaps by type, totals: worked out once when the page opens. */

function index() {
  const { areas, estates, facilities, care, care_flows: flows, area_gaps: areaGaps, programme } = app.tables;
  app.types = new Map(app.head.types.map((type) => [type.code, type]));
  app.areaAt = rowsById(areas.area_id);
  app.estateAt = rowsById(estates.estate_id);
  app.facilityAt = rowsById(facilities.facility_id);
  app.areaOfEstate = estates.area_id.map((id) => (isKnown(id) && app.areaAt.has(id) ? app.areaAt.get(id) : -1));
  app.membersOfArea = areas.area_id.map(() => []);
  app.areaOfEstate.forEach((area, estate) => {
    if (area >= 0) app.membersOfArea[area].push(estate);
  });
  app.membersOfArea.forEach((members) =>
    members.sort((one, other) => (estates.households[other] || 0) - (estates.households[one] || 0) || one - other),
  );
  app.careAt = new Map(care.area_id.map((id, row) => [app.areaAt.get(id), row]));
  app.flowsOfArea = rowsBy(flows.area_id, app.areaAt);
  app.flowsOfFacility = rowsBy(flows.facility_id, app.facilityAt);
  app.gapsOfArea = rowsBy(areaGaps.area_id, app.areaAt);
  app.programmeAt = new Map(programme.area_id.map((id, row) => [app.areaAt.get(id), row]));
  for (const table of ['works', 'funding', 'ranking', 'milestones'])
    app[table + 'OfArea'] = rowsBy(app.tables[table].area_id, app.areaAt);
  indexGaps();
  indexSites();
  indexOpenings();
  app.hueOfArea = huesOf(app.shapes.areas);
  app.subdistricts = middlesOf(estates.subdistrict);
  app.totals = {
    estates: estates.rows,
    households: sumOf(estates.households, () => true),
    residents: sumOf(estates.residents, () => true),
  };
}

/* Rows of rules by estate, read when they are first asked for: there may be many. */
function verdictsOf(estate) {
  if (!app.verdictsOfEstate) app.verdictsOfEstate = rowsBy(app.tables.verdicts.estate_id, app.estateAt);
  return app.verdictsOfEstate.get(estate) || [];
}

function rowsById(ids) {
  return new Map(ids.map((id, row) => [id, row]));
}

function rowsBy(ids, at) {
  const rows = new Map();
  ids.forEach((id, row) => {
    const key = at.get(id);
    if (!rows.has(key)) rows.set(key, []);
    rows.get(key).push(row);
  });
  return rows;
}

/* Areas near each other get different hues: each takes one that no earlier near one has, the rarest so far. */
function huesOf(shape) {
  const hues = [];
  const spread = AREA_HUES.map(() => 0);
  const { boxes } = shape;
  for (let i = 0; i < shape.count; i++) {
    const reach = 0.35 * Math.max(boxes[i * 4 + 2] - boxes[i * 4], boxes[i * 4 + 3] - boxes[i * 4 + 1]);
    const used = AREA_HUES.map(() => 0);
    for (let j = 0; j < i; j++) {
      const isNear =
        boxes[i * 4] - reach < boxes[j * 4 + 2] &&
        boxes[j * 4] < boxes[i * 4 + 2] + reach &&
        boxes[i * 4 + 1] - reach < boxes[j * 4 + 3] &&
        boxes[j * 4 + 1] < boxes[i * 4 + 3] + reach;
      if (isNear) used[hues[j]]++;
    }
    const least = Math.min(...used);
    const free = used.map((_, hue) => hue).filter((hue) => used[hue] === least);
    hues.push(free.reduce((best, hue) => (spread[hue] < spread[best] ? hue : best)));
    spread[hues[i]]++;
  }
  return hues;
}

function middlesOf(names) {
  const middles = new Map();
  const { boxes } = app.shapes.estates;
  names.forEach((text, i) => {
    if (!isKnown(text) || app.shapes.estates.paths[i] === app.shapes.estates.paths[i + 1]) return;
    const sum = middles.get(text) || { x: 0, y: 0, n: 0 };
    middles.set(text, {
      x: sum.x + (boxes[i * 4] + boxes[i * 4 + 2]) / 2,
      y: sum.y + (boxes[i * 4 + 1] + boxes[i * 4 + 3]) / 2,
      n: sum.n + 1,
    });
  });
  return new Map([...middles].map(([text, sum]) => [text, { x: sum.x / sum.n, y: sum.y / sum.n }]));
}
