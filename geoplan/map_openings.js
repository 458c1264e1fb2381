/* Which walls are worth opening? Short bold lines between estates, the better the darker, numbered in their order. */

const WALL_STYLES = [
  { stroke: '#d07fb8', width: 3 },
  { stroke: '#a92a86', width: 4.5 },
  { stroke: '#5c0a4c', width: 6 },
];
const WALL_IDLE = { stroke: '#9a958c', width: 2.2 };
const WALL_UNKNOWN = { stroke: '#5c0a4c', width: 2.2, dash: [3, 3] };
const WALL_SHARES = [0.5, 0.85]; // of the walls that save time: the lower half, the upper half, the best
const WALL_LADDER = [];
for (let ten = 1; ten <= 1e8; ten *= 10) WALL_LADDER.push(ten, 2 * ten, 5 * ten);
const LEADING_WALLS = 10; // numbered at any zoom
const BEST_FROM = 14; // zoom at which the best get their number
const ALL_FROM = 15.6; // and at which every wall that gives something does
const WALLS_OF_AREA = 5;

function indexOpenings() {
  const { openings } = app.tables;
  const byRank = openings.rank.map((_, i) => i).sort((one, other) => openings.rank[one] - openings.rank[other]);
  app.wallsByRank = byRank;
  app.wallsOfArea = new Map();
  for (const i of byRank) {
    const area = app.areaAt.get(openings.area_id[i]);
    if (!app.wallsOfArea.has(area)) app.wallsOfArea.set(area, []);
    app.wallsOfArea.get(area).push(i);
  }
  app.wallSteps = stepsOf(openings.resident_minutes_saved, WALL_SHARES, WALL_LADDER);
}

/* idle: opening it gives nothing more; unknown: nobody knows how many live there; else the class of what it saves. */
function wallClass(i) {
  const { resident_minutes_saved: saved, gaps_closed: closed } = app.tables.openings;
  if (!isKnown(saved[i])) return 'unknown';
  if (saved[i] <= 0) return closed[i] > 0 ? 0 : 'idle';
  const nth = app.wallSteps.findIndex((step) => saved[i] < step);
  return nth < 0 ? app.wallSteps.length : nth;
}

function wallStyle(kind) {
  return kind === 'idle' ? WALL_IDLE : kind === 'unknown' ? WALL_UNKNOWN : WALL_STYLES[kind];
}

/* ---- on the map ---- */

/* Both ends of a wall in Mercator units. */
function wallEnds(i) {
  const { paths, points, x, y } = app.shapes.openings;
  const from = points[paths[i]];
  const to = points[paths[i + 1]] - 1;
  return [x[from], y[from], x[to], y[to]];
}

/* Both ends as drawn: estates may touch, so a wall is never shorter than one can see. */
function wallPixels(view, i) {
  const [ax, ay, bx, by] = wallEnds(i);
  const [midX, midY] = [((ax + bx) / 2) * view.scale - view.left, ((ay + by) / 2) * view.scale - view.top];
  const [dx, dy] = [(bx - ax) * view.scale, (by - ay) * view.scale];
  const long = Math.hypot(dx, dy);
  const least = Math.max(7, Math.min(16, 7 + (view.zoom - 13) * 2.6));
  const half = long > 0 ? Math.max(0.5, least / 2 / long) : 0;
  return [midX - dx * half, midY - dy * half, midX + dx * half, midY + dy * half];
}

function paintWalls(view) {
  const grown = Math.max(0.7, Math.min(1.25, 0.75 + (view.zoom - 13) * 0.14));
  const classes = app.wallsByRank.map((i) => [i, wallClass(i)]).reverse();
  for (const isIdle of [true, false]) {
    for (const [i, kind] of classes) {
      if (!passes('openings', i) || (kind === 'idle') !== isIdle || !isSeen(view, app.shapes.openings.boxes, i)) continue;
      paintWall(view, i, wallStyle(kind), grown, !isIdle);
    }
  }
}

function paintWall(view, i, style, grown, hasCasing) {
  const { ctx } = view;
  const [ax, ay, bx, by] = wallPixels(view, i);
  const wide = style.width * grown;
  ctx.lineCap = 'round';
  ctx.beginPath();
  ctx.moveTo(ax, ay);
  ctx.lineTo(bx + (ax === bx && ay === by ? 0.01 : 0), by);
  if (hasCasing) strokeShape(ctx, { stroke: '#ffffff', width: wide + 2.4 });
  strokeShape(ctx, { stroke: style.stroke, width: wide, dash: style.dash });
  ctx.lineCap = 'butt';
}

/* The wall that is selected, in any theme. */
function paintChosenWall(view, i) {
  paintWall(view, i, wallStyle(wallClass(i)), 1.2, true);
  const [ax, ay, bx, by] = wallPixels(view, i);
  const { ctx } = view;
  for (const [stroke, width] of [
    ['#ffffff', 6],
    [INK, 2.6],
  ]) {
    ctx.beginPath();
    ctx.arc((ax + bx) / 2, (ay + by) / 2, Math.hypot(bx - ax, by - ay) / 2 + 9, 0, 2 * Math.PI);
    strokeShape(ctx, { stroke, width });
  }
}

/* Names keep off the walls that are worth opening. */
function reserveWalls(labels, walls) {
  const { view } = labels;
  for (const i of walls) {
    if (wallClass(i) === 'idle' || !passes('openings', i) || !isSeen(view, app.shapes.openings.boxes, i)) continue;
    const [ax, ay, bx, by] = wallPixels(view, i);
    reserve(labels, Math.min(ax, bx) - 2, Math.min(ay, by) - 2, Math.max(ax, bx) + 2, Math.max(ay, by) + 2);
  }
}

/* The order in which to open, beside each wall: the first few always, the others from nearer. */
function labelWalls(labels, walls) {
  const { view } = labels;
  const { rank } = app.tables.openings;
  for (const i of walls) {
    const kind = wallClass(i);
    if (kind === 'idle' || !passes('openings', i) || !isSeen(view, app.shapes.openings.boxes, i)) continue;
    if (rank[i] > LEADING_WALLS && view.zoom < (kind === app.wallSteps.length ? BEST_FROM : ALL_FROM)) continue;
    const [ax, ay, bx, by] = wallPixels(view, i);
    const size = rank[i] <= LEADING_WALLS ? 15 : 13;
    const line = { text: String(rank[i]), size, weight: 700, colour: '#5c0a4c' };
    const off = Math.abs(bx - ax) / 2 + 6 + measured(view.ctx, `700 ${size}px ${FONTS}`, line.text) / 2;
    const up = Math.abs(by - ay) / 2 + 6 + size * 0.64;
    const shifts = [
      [off, 0],
      [-off, 0],
      [0, -up],
      [0, up],
    ];
    setLabel(labels, (ax + bx) / 2, (ay + by) / 2, [line], { shifts, haloWidth: 4.5, halo: '#ffffff' });
  }
}

/* The wall within reach of a place (Mercator units), or -1. */
function wallNear(x, y, reach) {
  let best = -1;
  let nearest = reach * reach;
  for (const i of app.wallsByRank) {
    const [ax, ay, bx, by] = wallEnds(i);
    const [dx, dy] = [bx - ax, by - ay];
    const square = dx * dx + dy * dy;
    const along = square > 0 ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / square)) : 0;
    const far = (ax + along * dx - x) ** 2 + (ay + along * dy - y) ** 2;
    if (far < nearest) {
      nearest = far;
      best = i;
    }
  }
  return best;
}

/* ---- in words ---- */

function wallSides(i) {
  const { estate_a: a, estate_b: b } = app.tables.openings;
  return [a[i], b[i]].map((id) => (app.estateAt.has(id) ? app.tables.estates.name[app.estateAt.get(id)] : id));
}

function wallName(i) {
  return wallSides(i).join(' ↔ ');
}

function wallText(i) {
  if (wallClass(i) === 'idle') return word('wall.idle');
  const saved = word('wall.saves', { n: quantity(app.tables.openings.resident_minutes_saved[i], 'person-min') });
  return [saved, closesText(i)].filter(Boolean).join(' · ');
}

function closesText(i) {
  const closed = app.tables.openings.gaps_closed[i];
  return closed > 0 ? word('wall.closes', { n: number(closed) }) : '';
}

function wallsText(area) {
  const walls = app.wallsOfArea.get(area) || [];
  const worth = walls.filter((i) => wallClass(i) !== 'idle').length;
  return walls.length ? word('walls_worth', { n: number(worth) }) : '';
}

function wallLegend() {
  const steps = app.wallSteps;
  const texts = steps.concat(null).map((step, nth) => {
    if (!steps.length) return word('wall.any');
    if (nth === 0) return word('wall.upto', { b: number(step) });
    if (nth === steps.length) return word('wall.above', { a: number(steps[nth - 1]) });
    return word('wall.between', { a: number(steps[nth - 1]), b: number(step) });
  });
  const kinds = app.wallsByRank.filter((i) => passes('openings', i)).map(wallClass);
  const classes = texts.map((text, kind) => [kind, text]).reverse();
  return classes
    .concat([
      ['idle', word('wall.idle')],
      ['unknown', word('wall.unknown')],
    ])
    .map(([kind, text]) => ({ line: wallStyle(kind), text, count: countOf(kinds, kind) }))
    .filter((item) => item.count > 0);
}

function wallLeaders() {
  const { plan_year: years } = app.tables.areas;
  const { area_id: areas, resident_minutes_saved: saved } = app.tables.openings;
  return app.wallsByRank
    .filter((i) => wallClass(i) !== 'idle' && passes('openings', i))
    .map((i) => ({
      text: wallName(i),
      under: [shortArea(app.areaAt.get(areas[i])), isKnown(years[app.areaAt.get(areas[i])]) ? yearText(app.areaAt.get(areas[i])) : '', closesText(i)].filter(Boolean).join(' · '),
      value: saved[i] || 0,
      said: number(saved[i]),
      pick: () => select('openings', i, true),
    }));
}

function wallPanel(i) {
  const { openings, estates, areas } = app.tables;
  const area = app.areaAt.get(openings.area_id[i]);
  const sides = [openings.estate_a[i], openings.estate_b[i]].map((id, nth) => {
    const at = app.estateAt.get(id);
    return [
      heading('openings', nth ? 'estate_b' : 'estate_a'),
      at === undefined ? id : link('estates', at, estates.name[at]),
    ];
  });
  return [
    headOf(word('wall'), wallName(i), word('wall.nth', { n: number(openings.rank[i]) })),
    figures(
      figure(heading('openings', 'resident_minutes_saved'), openings.resident_minutes_saved[i], 'person-min'),
      figure(heading('openings', 'gaps_closed'), openings.gaps_closed[i], 'item'),
    ),
    make('p', { className: 'why' }, word('walls_marginal')),
    make('p', { className: 'why' }, word('person_minutes')),
    facts(
      ...sides,
      [word('of_area'), link('areas', area, areas.name[area])],
      hasYears() ? [heading('areas', 'plan_year'), yearText(area)] : null,
    ),
    wallsOfArea(area, i),
  ];
}

/* The walls of an area in their order; the figures add up to the effect of opening all of them. */
function wallsOfArea(area, chosen) {
  if (!app.tables.openings.rows) return null;
  const walls = app.wallsOfArea.get(area) || [];
  if (!walls.length) return section(word('theme.openings'), make('p', { className: 'empty' }, word('no_walls')));
  const { rank, resident_minutes_saved: saved, gaps_closed: closed } = app.tables.openings;
  const items = walls.map((i) =>
    make(
      'li',
      { className: i === chosen ? 'wall chosen' : 'wall' },
      make('span', { className: 'nth' }, rank[i]),
      make(
        'button',
        {
          type: 'button',
          className: 'link',
          click: () => {
            change({ theme: 'openings' });
            select('openings', i, true);
          },
        },
        name(wallName(i)),
      ),
      make('span', { className: 'said' }, number(saved[i]), make('small', {}, closesText(i))),
    ),
  );
  const { facility_type: types } = app.tables.area_gaps;
  const closing = (app.gapsOfArea.get(area) || []).filter((row) => closingOf(row) === 'opened').map((row) => chipType(types[row]));
  const isKnownAll = walls.every((i) => isKnown(saved[i]));
  const sum = (values) => walls.reduce((all, i) => all + (values[i] || 0), 0);
  return section(
    word('theme.openings') + ` (${walls.length})`,
    make('p', { className: 'column' }, word('minutes_saved')),
    isKnownAll
      ? make('p', {}, word('walls_all', { saved: quantity(sum(saved), 'person-min'), closed: number(sum(closed)) }))
      : null,
    closing.length ? make('p', {}, word('area_closing', { types: closing.join(word('and')) })) : null,
    listed(items, WALLS_OF_AREA),
    chosen === undefined ? make('p', { className: 'empty' }, word('walls_marginal')) : null,
  );
}
