/* Where does the name of a subdistrict stand? Near the middle of its estates, where it covers the least of any. */

const CELL_PX = 8;
const STEPS_PX = [24, 20]; // places tried: so far apart, across and down
const FARTHEST_PX = 140; // from the middle; and no farther than most estates of the subdistrict
const PX_WORTH_ALL = 500; // so far from the middle is as bad as to lie on estates altogether

/* Middle of the estates of each subdistrict, and how far they stray from it. */
function middlesOf(names) {
  const sums = new Map();
  const { boxes, paths } = app.shapes.estates;
  names.forEach((text, i) => {
    if (!isKnown(text) || paths[i] === paths[i + 1]) return;
    const [x, y] = [(boxes[i * 4] + boxes[i * 4 + 2]) / 2, (boxes[i * 4 + 1] + boxes[i * 4 + 3]) / 2];
    if (!sums.has(text)) sums.set(text, { n: 0, x: 0, y: 0, xx: 0, yy: 0 });
    const sum = sums.get(text);
    sum.n++;
    sum.x += x;
    sum.y += y;
    sum.xx += x * x;
    sum.yy += y * y;
  });
  const spread = (squares, sum, n) => Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
  return new Map(
    [...sums].map(([text, { n, x, y, xx, yy }]) => [
      text,
      { x: x / n, y: y / n, wide: spread(xx, x, n), high: spread(yy, y, n) },
    ]),
  );
}

function labelSubdistricts(labels) {
  const { view } = labels;
  const filled = filledCells(view);
  const size = view.zoom < 12 ? 15 : 18;
  for (const [text, middle] of app.subdistricts) {
    const x = middle.x * view.scale - view.left;
    const y = middle.y * view.scale - view.top;
    const half = [(measured(view.ctx, `700 ${size}px ${FONTS}`, text) + 3 * text.length) / 2, size * 0.64];
    setLabel(labels, x, y, [{ text, size, weight: 700, colour: '#6f6a60' }], {
      spacing: 3,
      haloWidth: 4,
      shifts: quietShifts(view, filled, [x, y], half, [middle.wide * view.scale, middle.high * view.scale]),
    });
  }
}

/* Shifts from the middle, those that cover least first; of equals the nearer. */
function quietShifts(view, filled, [x, y], [halfWide, halfHigh], strayed) {
  const [mostX, mostY] = strayed.map((px) => Math.min(FARTHEST_PX, px));
  const found = [];
  for (let dx = -Math.floor(mostX / STEPS_PX[0]) * STEPS_PX[0]; dx <= mostX; dx += STEPS_PX[0]) {
    for (let dy = -Math.floor(mostY / STEPS_PX[1]) * STEPS_PX[1]; dy <= mostY; dy += STEPS_PX[1]) {
      const share = filledShare(filled, x + dx - halfWide, y + dy - halfHigh, x + dx + halfWide, y + dy + halfHigh);
      found.push([share + Math.hypot(dx, dy) / PX_WORTH_ALL, dx, dy]);
    }
  }
  found.sort((one, other) => one[0] - other[0] || one[1] - other[1] || one[2] - other[2]);
  const near = [[0, -26], [0, 26], [0, -52], [0, 52]];
  return found.map(([, dx, dy]) => [dx, dy]).concat(near);
}

/* The view in small cells: 1 where the box of an estate lies. */
function filledCells(view) {
  const [columns, rows] = [Math.ceil(view.width / CELL_PX), Math.ceil(view.height / CELL_PX)];
  const filled = { columns, rows, cells: new Uint8Array(columns * rows) };
  const { boxes, count } = app.shapes.estates;
  for (let i = 0; i < count; i++) {
    if (!isSeen(view, boxes, i)) continue;
    const at = i * 4;
    eachCell(
      filled,
      boxes[at] * view.scale - view.left,
      boxes[at + 1] * view.scale - view.top,
      boxes[at + 2] * view.scale - view.left,
      boxes[at + 3] * view.scale - view.top,
      (cell) => (filled.cells[cell] = 1),
    );
  }
  return filled;
}

function filledShare(filled, west, north, east, south) {
  let [all, taken] = [0, 0];
  eachCell(filled, west, north, east, south, (cell) => {
    all++;
    taken += filled.cells[cell];
  });
  return all ? taken / all : 1;
}

function eachCell({ columns, rows }, west, north, east, south, take) {
  const within = (px, most) => Math.max(0, Math.min(most, Math.floor(px / CELL_PX)));
  if (east < 0 || south < 0) return;
  for (let row = within(north, rows); row <= within(south, rows - 1); row++)
    for (let column = within(west, columns); column <= within(east, columns - 1); column++) take(row * columns + column);
}
