/* What belongs to what? Rows by id, members of areas, gaps by type, totals: worked out once when the page opens. */

function index() {
  const { areas, estates, facilities, care, care_flows: flows, verdicts, area_gaps: areaGaps } = app.tables;
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
  app.verdictsOfEstate = rowsBy(verdicts.estate_id, app.estateAt);
  app.gapsOfArea = rowsBy(areaGaps.area_id, app.areaAt);
  indexGaps();
  indexOpenings();
  app.careSteps = careStepsOf(areas.elder_short_m2);
  app.hueOfArea = huesOf(app.shapes.areas);
  app.subdistricts = middlesOf(estates.subdistrict);
  const isIn = app.areaOfEstate.map((area) => area >= 0);
  app.inAreas = {
    estates: countOf(isIn, true),
    households: total(estates.households, isIn),
    residents: total(estates.residents, isIn),
  };
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

function total(values, counts) {
  return values.reduce((sum, value, i) => sum + (isKnown(value) && (!counts || counts[i]) ? value : 0), 0);
}

function indexGaps() {
  const { gaps, estates } = app.tables;
  app.gapsOfType = new Map();
  for (let row = 0; row < gaps.rows; row++) {
    const type = gaps.facility_type[row];
    if (!app.gapsOfType.has(type)) {
      const nothing = () => new Array(estates.rows).fill('none');
      app.gapsOfType.set(type, { states: nothing(), after: nothing(), distances: [], limits: [] });
    }
    const of = app.gapsOfType.get(type);
    const estate = app.estateAt.get(gaps.estate_id[row]);
    if (isKnown(gaps.is_gap[row])) of.states[estate] = gaps.is_gap[row] ? 'gap' : 'covered';
    of.after[estate] = stateAfter(of.states[estate], gaps.is_gap_after[row]);
    of.distances[estate] = gaps.distance_m[row];
    of.limits[estate] = gaps.limit_m[row];
  }
  app.gapTypes = app.head.types.map((type) => type.code).filter((code) => app.gapsOfType.has(code));
  const withData = app.gapTypes.filter((code) => app.gapsOfType.get(code).states.some((state) => state !== 'none'));
  app.state.type = withData[0] || app.gapTypes[0] || '';
}

/* What becomes of an estate's state once the walls are open; what nobody can tell stays as it is. */
function stateAfter(state, isGapAfter) {
  if (state !== 'gap' || !isKnown(isGapAfter)) return state;
  return isGapAfter ? 'still' : 'closed';
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
