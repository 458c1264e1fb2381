/* Which names fit? Names are set one after the other, the important first; one that would touch another is left out. */

const LABEL_GAP = 3;
const widthsMeasured = new Map();

const CONTROLS = '#north, .leaflet-bar, .leaflet-control-scale-line, .meeting #side';

/* What is seen of the canvas; names do not run under what lies on the map: scale bar, arrow, buttons, the legend of a meeting. */
function startLabels(view) {
  const { x, y } = view.margin;
  const seen = [x, y, view.width - x, view.height - y];
  const place = view.place.getBoundingClientRect();
  const taken = [...document.querySelectorAll(CONTROLS)]
    .map((node) => node.getBoundingClientRect())
    .filter((box) => box.width)
    .map((box) => [box.left - place.left + x, box.top - place.top + y, box.right - place.left + x, box.bottom - place.top + y]);
  return { view, seen, taken };
}

function measured(ctx, font, text) {
  const key = font + text;
  if (!widthsMeasured.has(key)) {
    ctx.font = font;
    widthsMeasured.set(key, ctx.measureText(text).width);
  }
  return widthsMeasured.get(key);
}

/* Keep a place free of names: symbols, and the thing that is selected. */
function reserve(labels, west, north, east, south) {
  labels.taken.push([west, north, east, south]);
}

function isFree(labels, box) {
  return labels.taken.every(
    (other) => box[0] >= other[2] || box[2] <= other[0] || box[1] >= other[3] || box[3] <= other[1],
  );
}

/* Set lines of text around (x, y); shifts are tried in turn. Each line: text, size, weight, colour. Says if it was set. */
function setLabel(labels, x, y, lines, options) {
  const { ctx } = labels.view;
  const {
    shifts = [[0, 0]],
    halo = 'rgba(255,255,255,0.92)',
    haloWidth = 3.5,
    spacing = 0,
    align = 'center',
    must = false,
  } = options || {};
  const fonts = lines.map((line) => `${line.weight || 500} ${line.size}px ${FONTS}`);
  const wide = Math.max(...lines.map((line, nth) => measured(ctx, fonts[nth], line.text) + spacing * line.text.length));
  const high = lines.reduce((sum, line) => sum + line.size * 1.28, 0);
  for (const [dx, dy] of shifts) {
    const [inX, inY] = stepInside(
      labels.seen,
      align === 'left' ? x + dx + wide / 2 : x + dx,
      y + dy,
      wide / 2 + LABEL_GAP,
      high / 2 + LABEL_GAP,
    );
    const west = inX - wide / 2;
    const north = inY - high / 2;
    const box = [west - LABEL_GAP, north - LABEL_GAP, west + wide + LABEL_GAP, north + high + LABEL_GAP];
    if (!must && !isFree(labels, box)) continue;
    reserve(labels, ...box);
    writeLines(ctx, west, north, wide, lines, fonts, { halo, haloWidth, spacing, align });
    return true;
  }
  return false;
}

/* A name that the edge of the view would cut steps inside. */
function stepInside([west, north, east, south], x, y, halfWide, halfHigh) {
  const inside = (at, half, least, most) =>
    at + half < least || at - half > most ? at : Math.max(least + half, Math.min(most - half, at));
  return [inside(x, halfWide, west, east), inside(y, halfHigh, north, south)];
}

function writeLines(ctx, west, north, wide, lines, fonts, { halo, haloWidth, spacing, align }) {
  ctx.textAlign = align;
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  if ('letterSpacing' in ctx) ctx.letterSpacing = spacing + 'px';
  let at = north;
  lines.forEach((line, nth) => {
    const y = at + line.size * 0.64;
    const x = align === 'left' ? west : west + wide / 2;
    ctx.font = fonts[nth];
    ctx.strokeStyle = line.halo || halo;
    ctx.lineWidth = haloWidth;
    ctx.strokeText(line.text, x, y);
    ctx.fillStyle = line.colour || INK;
    ctx.fillText(line.text, x, y);
    at += line.size * 1.28;
  });
  if ('letterSpacing' in ctx) ctx.letterSpacing = '0px';
}

/* Where the name of a polygon stands: the middle of the widest of a few level cuts through it, kept towards its centre. */
function labelPoint(shape, i) {
  if (!shape.labelPoints) shape.labelPoints = new Map();
  if (!shape.labelPoints.has(i)) shape.labelPoints.set(i, findLabelPoint(shape, i));
  return shape.labelPoints.get(i);
}

function findLabelPoint(shape, i) {
  const [west, north, east, south] = shape.boxes.subarray(i * 4, i * 4 + 4);
  if (!isArea(shape, i)) return [(west + east) / 2, (north + south) / 2];
  let best = [(west + east) / 2, (north + south) / 2];
  let widest = 0;
  for (const share of [0.5, 0.44, 0.56, 0.38, 0.62, 0.3, 0.7, 0.22, 0.78]) {
    const y = north + (south - north) * share;
    const cuts = cutsAt(shape, i, y);
    for (let nth = 0; nth + 1 < cuts.length; nth += 2) {
      const worth = (cuts[nth + 1] - cuts[nth]) * (1 - Math.abs(share - 0.5));
      if (worth > widest) {
        widest = worth;
        best = [(cuts[nth] + cuts[nth + 1]) / 2, y];
      }
    }
  }
  return best;
}

function cutsAt(shape, i, y) {
  const cuts = [];
  for (let path = shape.paths[i]; path < shape.paths[i + 1]; path++) {
    const from = shape.points[path];
    const to = shape.points[path + 1];
    for (let a = from, b = to - 1; a < to; b = a++) {
      if (shape.y[a] > y === shape.y[b] > y) continue;
      cuts.push(shape.x[a] + ((y - shape.y[a]) * (shape.x[b] - shape.x[a])) / (shape.y[b] - shape.y[a]));
    }
  }
  return cuts.sort((one, other) => one - other);
}

/* Names of a polygon layer, largest on the screen first; linesOf gives the lines of a name, or null for none. */
function labelPolygons(labels, name, linesOf, options) {
  const { view } = labels;
  const shape = app.shapes[name];
  for (const [px, i] of shapesBySize(view, name)) {
    const lines = px >= options.leastPx && linesOf(i, px);
    if (!lines) continue;
    const [x, y] = labelPoint(shape, i);
    setLabel(labels, x * view.scale - view.left, y * view.scale - view.top, lines, {
      ...options,
      shifts: shiftsFor(labels, shape, i, lines, options),
    });
  }
}

/* What is seen of a layer, the largest first: side of a square as large as its box (px), and its row. */
function shapesBySize(view, name) {
  const { boxes, count } = app.shapes[name];
  const shown = [];
  for (let i = 0; i < count; i++) {
    if (!isSeen(view, boxes, i)) continue;
    const [west, north, east, south] = boxes.subarray(i * 4, i * 4 + 4);
    shown.push([Math.sqrt((east - west) * (south - north)) * view.scale, i]);
  }
  return shown.sort((one, other) => other[0] - one[0] || one[1] - other[1]);
}

/* A name stands inside a shape that holds it, else below or above it. */
function shiftsFor({ view }, shape, i, lines, { shifts = [[0, 0]] }) {
  const [west, north, east, south] = shape.boxes.subarray(i * 4, i * 4 + 4);
  const wide = Math.max(
    ...lines.map((line) => measured(view.ctx, `${line.weight || 500} ${line.size}px ${FONTS}`, line.text)),
  );
  if ((east - west) * view.scale > wide * 0.72) return shifts;
  const [x, y] = labelPoint(shape, i);
  const high = lines.reduce((sum, line) => sum + line.size * 1.28, 0);
  const middle = ((west + east) / 2 - x) * view.scale;
  const below = [middle, (south - y) * view.scale + high / 2 + 1];
  const above = [middle, (north - y) * view.scale - high / 2 - 1];
  return [below, above, ...shifts];
}
