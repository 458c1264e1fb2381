/* What is called what? All names of the map, the important first: areas, estates, streets, water, facilities.
   An area has its full name where there is room, else the name without its last word, else its number; the index
   below the legend says which numbers are seen. */

const ROOM_FOR_SECOND_LINE = 64; // px, side of a square as large as the shape's box
const NUMBER_SIZE = 11.5;
const NAMED_AT_MOST = 200; // areas in one view; of more, the smallest are named from nearer
const UNIT_NAME = { size: 12, weight: 500, colour: '#6f6a60' };

function paintNames(view, theme) {
  const labels = startLabels(view);
  const { estates } = app.tables;
  const { selected } = app.state;
  const isWide = window.innerWidth >= 1600;
  const size = (isWide ? 15 : 13) + (view.zoom > 14.5 ? 1 : 0) + (isMeeting() ? 4 : 0);
  const linesOfArea = (i, px) => {
    const second = px > ROOM_FOR_SECOND_LINE ? theme.lineOfArea(i) : '';
    return [{ text: shortArea(i), size, weight: 600 }].concat(
      second ? [{ text: second, size: size - 2, weight: 500 }] : [],
    );
  };
  if (selected && selected.layer === 'areas' && isSeen(view, app.shapes.areas.boxes, selected.i)) {
    const [x, y] = labelPoint(app.shapes.areas, selected.i);
    setLabel(
      labels,
      x * view.scale - view.left,
      y * view.scale - view.top,
      linesOfArea(selected.i, Infinity).map((line) => ({ ...line, weight: 700 })),
      { must: true },
    );
  }
  const isCrowded = app.state.theme === 'facilities'; // names of areas stand over its many points
  if (!isCrowded) reservePoints(labels, theme);
  const walls = app.state.theme === 'openings' ? app.wallsByRank : [];
  reserveWalls(labels, walls.slice(0, LEADING_WALLS));
  labelWalls(labels, walls.slice(0, LEADING_WALLS));
  reserveWalls(labels, walls.slice(LEADING_WALLS));
  if (app.state.theme === 'sites') reserveSites(labels);
  if (view.zoom < 13.6) labelSubdistricts(labels);
  app.numbered = view.zoom < 16.2 ? labelAreas(labels, linesOfArea) : [];
  if (isCrowded) reservePoints(labels, theme);
  labelWalls(labels, walls.slice(LEADING_WALLS));
  if (view.zoom >= 15.4) {
    labelPolygons(
      labels,
      'estates',
      (i) => {
        if (!passes('estates', i)) return null;
        const second = view.zoom >= 16.4 ? theme.lineOfEstate(i) : '';
        return [{ text: estates.name[i], size: size - 2, weight: 500 }].concat(
          second ? [{ text: second, size: size - 3.5, weight: 400 }] : [],
        );
      },
      { leastPx: 40, haloWidth: 3 },
    );
  }
  if (app.state.overlays.streets && view.zoom >= 14.2 && !isGroundThere()) labelStreets(labels);
  if (app.state.overlays.barriers && !isGroundThere()) labelWater(labels);
  if (view.zoom >= 16.8 && theme.showsPoint) labelFacilities(labels, theme);
  if (app.state.overlays.heritage) {
    labelPolygons(
      labels,
      'heritage',
      (i) =>
        isKnown(app.tables.heritage.name[i])
          ? [{ text: app.tables.heritage.name[i], size: size - 2, weight: 500, colour: '#6f420b' }]
          : null,
      { leastPx: 30 },
    );
  }
  if (app.state.overlays.planning_units) {
    const units = app.tables.planning_units.name;
    labelPolygons(labels, 'planning_units', (i) => (isKnown(units[i]) ? [{ text: units[i], ...UNIT_NAME }] : null), {
      leastPx: 120,
      haloWidth: 3,
    });
  }
}

const AREA_SHIFTS = [
  [0, 0],
  [0, -14],
  [0, 14],
  [0, -26],
  [0, 26],
  [0, -40],
  [0, 40],
];
const NUMBER_SHIFTS = [
  [0, 0],
  [0, -9],
  [0, 9],
  [-11, 0],
  [11, 0],
];

/* Names of areas, the largest first; says which have only their number. */
function labelAreas(labels, linesOf) {
  const { selected } = app.state;
  const isNamed = (i) => selected && selected.layer === 'areas' && selected.i === i;
  const largest = shapesBySize(labels.view, 'areas').filter(([, i]) => passes('areas', i) && !isNamed(i));
  const asked = largest.slice(0, NAMED_AT_MOST);
  const left = asked.filter(([px, i]) => !labelArea(labels, i, namesOf(labels.view, i, linesOf(i, px)), AREA_SHIFTS));
  if (app.state.theme === 'openings') return []; // numbers are those of walls
  const numbers = (i) => [[{ text: areaNumber(i), size: NUMBER_SIZE, weight: 600, colour: '#2d3a46' }]];
  return left.filter(([, i]) => labelArea(labels, i, numbers(i), NUMBER_SHIFTS)).map(([, i]) => i);
}

function labelArea(labels, i, names, shifts) {
  const { view } = labels;
  const shape = app.shapes.areas;
  const [x, y] = labelPoint(shape, i);
  return names.some((lines) =>
    setLabel(labels, x * view.scale - view.left, y * view.scale - view.top, lines, {
      shifts: shiftsFor(labels, shape, i, lines, { shifts }),
    }),
  );
}

/* Which area is which number, in the order of numbers; empty where every name has room. */
function writeNumbers() {
  const box = document.getElementById('numbers');
  const seen = [...app.numbered].sort((one, other) => one - other);
  box.hidden = !seen.length || !app.state.overlays.names;
  if (box.dataset.seen === seen.join()) return;
  box.dataset.seen = seen.join();
  fill(box.firstElementChild, document.createTextNode(word('numbers')));
  fill(
    box.lastElementChild,
    ...seen.map((i) =>
      make('li', {}, make('span', { className: 'nth' }, areaNumber(i)), link('areas', i, bareArea(i))),
    ),
  );
}

/* What an area may be called, the fullest first; one that is narrower than its full name has the bare one. */
function namesOf(view, i, lines) {
  const [title, ...others] = lines;
  const bare = { ...title, text: bareArea(i) };
  const { boxes } = app.shapes.areas;
  const isNarrow =
    (boxes[i * 4 + 2] - boxes[i * 4]) * view.scale < measured(view.ctx, `${title.weight} ${title.size}px ${FONTS}`, title.text);
  const said = [[bare, ...others], [bare], [{ ...bare, size: title.size - 2 }]];
  return isNarrow ? said : [lines, ...said];
}

function bareArea(i) {
  const text = shortArea(i);
  const last = word('name_end');
  return last && text.length > last.length + 1 && text.endsWith(last) ? text.slice(0, -last.length) : text;
}

/* A005 -> 5; an id of another form stays as it is. */
function areaNumber(i) {
  const id = app.tables.areas.area_id[i];
  const found = /^A0*(\d+)$/.exec(id);
  return found ? found[1] : id;
}

/* Names keep off the points of the theme. */
function reservePoints(labels, theme) {
  if (!theme.showsPoint) return;
  const { view } = labels;
  const shape = app.shapes.facilities;
  const r = pointRadius(view);
  for (let i = 0; i < shape.count; i++) {
    if (!isSeen(view, shape.boxes, i) || !theme.showsPoint(i)) continue;
    const at = shape.points[shape.paths[i]];
    const x = shape.x[at] * view.scale - view.left;
    const y = shape.y[at] * view.scale - view.top;
    reserve(labels, x - r, y - r, x + r, y + r);
  }
}

function labelWater(labels) {
  const { kind, name: names } = app.tables.barriers;
  labelPolygons(
    labels,
    'barriers',
    (i) =>
      kind[i] === 'water' && isKnown(names[i]) ? [{ text: names[i], size: 14, weight: 500, colour: '#37678c' }] : null,
    { leastPx: 60, halo: 'rgba(195,217,232,0.9)', spacing: 2 },
  );
}

function labelFacilities(labels, theme) {
  const { view } = labels;
  const shape = app.shapes.facilities;
  for (let i = 0; i < shape.count; i++) {
    if (!isSeen(view, shape.boxes, i) || !theme.showsPoint(i)) continue;
    const at = shape.points[shape.paths[i]];
    setLabel(
      labels,
      shape.x[at] * view.scale - view.left,
      shape.y[at] * view.scale - view.top,
      [{ text: facilityName(i), size: 12, weight: 500, colour: '#2d3a46' }],
      { align: 'left', shifts: [[pointRadius(view) + 5, 0]], haloWidth: 3 },
    );
  }
}

/* Names along streets: on the longest straight piece in view, turned so that they read from the left. */
function labelStreets(labels) {
  const { view } = labels;
  const { ctx } = view;
  const shape = app.shapes.streets;
  const { rank, name } = app.tables.streets;
  for (let i = 0; i < shape.count; i++) {
    if (!name[i] || !isSeen(view, shape.boxes, i) || (rank[i] > 3 && view.metresPerPx > 1.3)) continue;
    const size = rank[i] < 3 ? 13 : 11.5;
    const font = `500 ${size}px ${FONTS}`;
    const wide = measured(ctx, font, name[i]);
    const piece = longestPiece(view, shape, i, wide + 14);
    if (!piece || !keepLine(labels, piece, wide, size)) continue;
    ctx.save();
    ctx.translate(piece.x, piece.y);
    ctx.rotate(piece.angle);
    ctx.font = font;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.lineJoin = 'round';
    ctx.strokeStyle = 'rgba(255,255,255,0.95)';
    ctx.lineWidth = 3.5;
    ctx.strokeText(name[i], 0, 0);
    ctx.fillStyle = '#5b5a57';
    ctx.fillText(name[i], 0, 0);
    ctx.restore();
  }
}

function longestPiece(view, shape, i, least) {
  let best = null;
  let longest = least;
  for (let path = shape.paths[i]; path < shape.paths[i + 1]; path++) {
    if (!isSeen(view, shape.pathBoxes, path)) continue;
    for (let a = shape.points[path]; a < shape.points[path + 1] - 1; a++) {
      const ax = shape.x[a] * view.scale - view.left;
      const ay = shape.y[a] * view.scale - view.top;
      const bx = shape.x[a + 1] * view.scale - view.left;
      const by = shape.y[a + 1] * view.scale - view.top;
      const x = (ax + bx) / 2;
      const y = (ay + by) / 2;
      const long = Math.hypot(bx - ax, by - ay);
      if (long <= longest || x < 0 || y < 0 || x > view.width || y > view.height) continue;
      longest = long;
      const angle = Math.atan2(by - ay, bx - ax);
      best = { x, y, angle: Math.abs(angle) > Math.PI / 2 ? angle + Math.PI : angle };
    }
  }
  return best;
}

function keepLine(labels, { x, y, angle }, wide, size) {
  const pieces = Math.max(1, Math.ceil(wide / (size * 1.6)));
  const boxes = [];
  for (let nth = 0; nth < pieces; nth++) {
    const along = ((nth + 0.5) / pieces - 0.5) * wide;
    const atX = x + along * Math.cos(angle);
    const atY = y + along * Math.sin(angle);
    boxes.push([atX - size * 0.8, atY - size * 0.8, atX + size * 0.8, atY + size * 0.8]);
  }
  if (!boxes.every((box) => isFree(labels, box))) return false;
  boxes.forEach((box) => reserve(labels, ...box));
  return true;
}
