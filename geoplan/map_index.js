/* What belongs to what? Rows by id, members of areas, gaps by type, totals: worked out once when the page opens. */

function index() {
  const { areas, estates, facilities, care, care_flows: flows, area_gaps: areaGaps, programme } = app.tables;
  app.types = new Map(app.head.types.map((type) => [type.code, type]));
  app.areaAt = rowsById(areas.area_id);
  later(app, 'estateAt', () => rowsById(estates.estate_id));
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
  const rows = new Map();
  for (let row = 0; row < ids.length; row++) rows.set(ids[row], row);
  return rows;
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
  const cells = cellsOf(shape);
  for (let i = 0; i < shape.count; i++) {
    const reach = 0.35 * Math.max(boxes[i * 4 + 2] - boxes[i * 4], boxes[i * 4 + 3] - boxes[i * 4 + 1]);
    const box = [boxes[i * 4] - reach, boxes[i * 4 + 1] - reach, boxes[i * 4 + 2] + reach, boxes[i * 4 + 3] + reach];
    const used = AREA_HUES.map(() => 0);
    cells.near(box, (j) => {
      const isNear =
        box[0] < boxes[j * 4 + 2] &&
        boxes[j * 4] < box[2] &&
        box[1] < boxes[j * 4 + 3] &&
        boxes[j * 4 + 1] < box[3];
      if (isNear) used[hues[j]]++;
    });
    const least = Math.min(...used);
    const free = used.map((_, hue) => hue).filter((hue) => used[hue] === least);
    hues.push(free.reduce((best, hue) => (spread[hue] < spread[best] ? hue : best)));
    spread[hues[i]]++;
    cells.add(i, boxes.subarray(i * 4, i * 4 + 4));
  }
  return hues;
}

const COLUMN = 2 ** 26; // more rows than a grid has: a cell is one number

/* Shapes by the cells of a grid that their boxes lie in; a shape without a place lies in none. */
function cellsOf({ boxes, count }) {
  let sum = 0;
  let placed = 0;
  for (let i = 0; i < count; i++) {
    if (boxes[i * 4] > boxes[i * 4 + 2]) continue;
    sum += Math.max(boxes[i * 4 + 2] - boxes[i * 4], boxes[i * 4 + 3] - boxes[i * 4 + 1]);
    placed++;
  }
  const side = sum / Math.max(1, placed) || 1;
  const held = new Map();
  const visit = (box, take) => {
    if (!(box[0] <= box[2])) return;
    for (let column = Math.floor(box[0] / side); column <= Math.floor(box[2] / side); column++)
      for (let row = Math.floor(box[1] / side); row <= Math.floor(box[3] / side); row++) take(column * COLUMN + row);
  };
  const put = (cell, i) => (held.has(cell) ? held.get(cell).push(i) : held.set(cell, [i]));
  const met = new Int32Array(count); // the last turn in which a shape was met
  let turn = 0;
  return {
    add: (i, box) => visit(box, (cell) => put(cell, i)),
    near(box, take) {
      turn++;
      visit(box, (cell) => {
        for (const i of held.get(cell) || []) {
          if (met[i] !== turn) take(i);
          met[i] = turn;
        }
      });
    },
  };
}
