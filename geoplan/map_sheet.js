/* How is it drawn? One canvas over Leaflet's map: shapes as paths, styles, symbols, and the quiet base below them. */

const INK = '#1b2a38';
const LAND = '#f4f2ed';
const FONTS = '"Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "Source Han Sans SC", SimHei, sans-serif';
const STREET_METRES = [26, 20, 15, 11, 8, 3];
const STREET_LEAST_PX = [1.7, 1.4, 1.1, 0.8, 0.45, 0];
const MARGIN = 0.2; // drawn beyond each side of the view, so that a short drag shows no blank

const Sheet = L.Renderer.extend({
  options: { padding: MARGIN },

  initialize(paint) {
    L.Renderer.prototype.initialize.call(this, {});
    this._paint = paint;
  },

  getEvents() {
    const events = L.Renderer.prototype.getEvents.call(this);
    events.move = this._followDrag;
    return events;
  },

  redraw() {
    if (this._map) this._update();
  },

  _initContainer() {
    this._container = document.createElement('canvas');
  },

  _destroyContainer() {
    L.DomUtil.remove(this._container);
  },

  _updatePaths() {},

  _reset() {}, // the end of the move follows, and paints

  _followDrag() {
    if (this._map._animatingZoom || !this._bounds) return;
    const seen = this._map.containerPointToLayerPoint([0, 0]);
    const view = L.bounds(seen, seen.add(this._map.getSize()));
    if (!this._bounds.contains(view)) this._update();
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const ratio = window.devicePixelRatio || 1;
    const canvas = this._container;
    L.DomUtil.setPosition(canvas, this._bounds.min);
    canvas.width = Math.round(size.x * ratio);
    canvas.height = Math.round(size.y * ratio);
    canvas.style.width = size.x + 'px';
    canvas.style.height = size.y + 'px';
    const ctx = canvas.getContext('2d');
    ctx.scale(ratio, ratio);
    this._paint(viewOf(this._map, this._bounds.min, size, ctx));
  },
});

function viewOf(map, corner, size, ctx) {
  const zoom = map.getZoom();
  const scale = 256 * Math.pow(2, zoom);
  const origin = map.getPixelOrigin().add(corner);
  const box = [origin.x / scale, origin.y / scale, (origin.x + size.x) / scale, (origin.y + size.y) / scale];
  const metresPerPx = (40075016.7 * Math.cos((latitudeOf((box[1] + box[3]) / 2) * Math.PI) / 180)) / scale;
  const firmness = Math.max(0.8, Math.min(1, 1 - (zoom - 14) * 0.1)); // colours step back where names come in
  const margin = map.getSize().multiplyBy(MARGIN);
  return {
    ctx,
    zoom,
    scale,
    left: origin.x,
    top: origin.y,
    width: size.x,
    height: size.y,
    margin,
    place: map.getContainer(),
    box,
    metresPerPx,
    firmness,
  };
}

function isSeen(view, boxes, i) {
  const [west, north, east, south] = view.box;
  const at = i * 4;
  return boxes[at] <= east && boxes[at + 2] >= west && boxes[at + 1] <= south && boxes[at + 3] >= north;
}

function tracePath(view, shape, path) {
  const { ctx, scale, left, top } = view;
  const { x, y } = shape;
  const from = shape.points[path];
  const last = shape.points[path + 1] - 1;
  if (last < from) return;
  let atX = x[from] * scale - left;
  let atY = y[from] * scale - top;
  ctx.moveTo(atX, atY);
  for (let i = from + 1; i <= last; i++) {
    const toX = x[i] * scale - left;
    const toY = y[i] * scale - top;
    if (i < last && Math.abs(toX - atX) + Math.abs(toY - atY) < 0.7) continue;
    ctx.lineTo(toX, toY);
    atX = toX;
    atY = toY;
  }
  if (shape.closed[path]) ctx.closePath();
}

function traceShape(view, shape, i) {
  view.ctx.beginPath();
  for (let path = shape.paths[i]; path < shape.paths[i + 1]; path++) {
    if (!isSeen(view, shape.pathBoxes, path)) continue;
    if (shape.closed[path] && isSpeck(view, shape.pathBoxes, path)) traceSpeck(view, shape.pathBoxes, path);
    else tracePath(view, shape, path);
  }
}

/* A style: fill, hatch (a colour of lines over the fill), stroke, width, dash. */
function paintShape(view, shape, i, style) {
  const { ctx } = view;
  traceShape(view, shape, i);
  if (style.fill && isArea(shape, i)) {
    ctx.globalAlpha = style.isFirm ? 1 : view.firmness;
    ctx.fillStyle = style.fill;
    ctx.fill('evenodd');
    ctx.globalAlpha = 1;
  }
  if (style.hatch && isArea(shape, i)) {
    ctx.fillStyle = hatchOf(ctx, style.hatch);
    ctx.fill('evenodd');
  }
  if (style.stroke) strokeShape(ctx, style);
}

function strokeShape(ctx, style) {
  ctx.strokeStyle = style.stroke;
  ctx.lineWidth = style.width || 1;
  ctx.setLineDash(style.dash || []);
  ctx.stroke();
  ctx.setLineDash([]);
}

function isArea(shape, i) {
  return shape.closed[shape.paths[i]] === 1;
}

const hatches = new Map();

function hatchOf(ctx, colour) {
  if (ctx.hatch) return ctx.hatch(colour);
  if (!hatches.has(colour)) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 14;
    const pen = tile.getContext('2d');
    pen.strokeStyle = colour;
    pen.lineWidth = 2.6;
    for (const shift of [-14, 0, 14]) {
      pen.moveTo(shift - 2, 16);
      pen.lineTo(shift + 16, -2);
    }
    pen.stroke();
    hatches.set(colour, tile);
  }
  const pattern = ctx.createPattern(hatches.get(colour), 'repeat');
  if (pattern.setTransform) pattern.setTransform(new DOMMatrix([0.5, 0, 0, 0.5, 0, 0]));
  return pattern;
}

/* What the filter leaves out steps back. */
function fadedOf({ fill, hatch, stroke }) {
  return { fill: (fill || hatch) && '#f1efea', stroke: stroke && '#d5d0c6', width: 0.8 };
}

function paintLayer(view, name, styleOf) {
  const shape = app.shapes[name];
  const specks = new Map();
  view.ctx.lineJoin = 'round';
  for (let i = 0; i < shape.count; i++) {
    const asked = isSeen(view, shape.boxes, i) && styleOf(i);
    if (!asked) continue;
    const style = passes(name, i) ? asked : fadedOf(asked);
    if (isArea(shape, i) && isSpeck(view, shape.boxes, i)) {
      if (style.fill) addTo(specks, style.fill, i);
    } else if (style.fill || style.hatch) paintShape(view, shape, i, style);
    else if (style.stroke) paintOutline(view, shape, i, style);
  }
  paintSpecks(view, shape, specks);
}

/* Points of a layer; a symbol: form (circle, square, triangle, wedge, diamond, hexagon, cross), fill, ring, radius. */
function paintPoints(view, name, symbolFor) {
  const shape = app.shapes[name];
  for (let i = 0; i < shape.count; i++) {
    const symbol = isSeen(view, shape.boxes, i) && symbolFor(i);
    if (!symbol) continue;
    const at = shape.points[shape.paths[i]];
    paintSymbol(view.ctx, shape.x[at] * view.scale - view.left, shape.y[at] * view.scale - view.top, symbol);
  }
}

function paintSymbol(ctx, x, y, symbol) {
  const r = symbol.radius;
  ctx.beginPath();
  if (symbol.form === 'square') ctx.rect(x - r * 0.86, y - r * 0.86, r * 1.72, r * 1.72);
  else if (symbol.form === 'triangle') tracePolygon(ctx, x, y + r * 0.12, r * 1.22, 3);
  else if (symbol.form === 'wedge') tracePolygon(ctx, x, y - r * 0.12, r * 1.22, 3, Math.PI);
  else if (symbol.form === 'diamond') tracePolygon(ctx, x, y, r * 1.2, 4);
  else if (symbol.form === 'hexagon') tracePolygon(ctx, x, y, r * 1.08, 6);
  else if (symbol.form === 'cross') traceCross(ctx, x, y, r * 1.15, r * 0.42);
  else ctx.arc(x, y, r, 0, 2 * Math.PI);
  ctx.fillStyle = symbol.fill;
  ctx.fill();
  ctx.strokeStyle = symbol.ring || '#fff';
  ctx.lineWidth = symbol.ringWidth || 1.2;
  ctx.stroke();
}

function tracePolygon(ctx, x, y, r, corners, turned = 0) {
  for (let nth = 0; nth < corners; nth++) {
    const angle = (nth / corners) * 2 * Math.PI - Math.PI / 2 + turned;
    ctx.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  ctx.closePath();
}

function traceCross(ctx, x, y, arm, half) {
  const corners = [[-half, -arm], [half, -arm], [half, -half], [arm, -half], [arm, half], [half, half]];
  for (const [dx, dy] of corners.concat(corners.map(([dx, dy]) => [-dx, -dy]))) ctx.lineTo(x + dx, y + dy);
  ctx.closePath();
}

function pointRadius(view) {
  return Math.max(3.2, Math.min(8, 3.2 + (view.zoom - 12.5) * 1.05));
}

/* ---- the base: the planner's own layers, in quiet colours ---- */

function paintBase(view, overlays) {
  if (overlays.planning_units) {
    paintLayer(view, 'planning_units', () => ({ stroke: '#9a948a', width: 1.2, dash: [8, 5] }));
  }
  if (overlays.barriers) {
    const kinds = app.tables.barriers.kind;
    paintLayer(view, 'barriers', (i) => BARRIER_STYLES[kinds[i]]);
  }
  if (overlays.streets) paintStreets(view);
  if (overlays.barriers) paintRails(view);
}

const WATER = '#c3d9e8';
const BARRIER_STYLES = {
  water: { fill: WATER, stroke: '#a3c3d8', width: 1, isFirm: true },
  rail: null,
  other: {
    fill: 'rgba(120, 112, 100, 0.10)',
    hatch: 'rgba(120, 112, 100, 0.35)',
    stroke: '#8b8478',
    width: 1.4,
    dash: [6, 4],
  },
};

function paintRails(view) {
  const kinds = app.tables.barriers.kind;
  const wide = Math.max(2, Math.min(5, 8 / view.metresPerPx));
  paintLayer(view, 'barriers', (i) => (kinds[i] === 'rail' ? { stroke: '#6d6a66', width: wide } : null));
  paintLayer(view, 'barriers', (i) =>
    kinds[i] === 'rail' && !isArea(app.shapes.barriers, i)
      ? { stroke: '#fff', width: wide - 1.3, dash: [wide * 2.5, wide * 2.5] }
      : null,
  );
}

function paintStreets(view) {
  const { ctx } = view;
  const ranks = app.tables.streets.rank;
  ctx.lineCap = 'round';
  ctx.lineJoin = 'round';
  const widths = STREET_METRES.map((metres, rank) => Math.max(STREET_LEAST_PX[rank], metres / view.metresPerPx));
  const isFoot = (rank) => rank === STREET_METRES.length - 1;
  for (const casing of [true, false]) {
    for (let rank = widths.length - 1; rank >= 0; rank--) {
      const wide = widths[rank];
      const isThin = wide < 2.2;
      if (isFoot(rank) ? casing || view.metresPerPx > 3.2 : casing && isThin) continue;
      ctx.beginPath();
      traceStreets(view, ranks, rank);
      ctx.lineWidth = isFoot(rank) ? 1.1 : casing ? wide + 1.6 : wide;
      ctx.strokeStyle = isFoot(rank) || casing ? '#d3cdc1' : isThin ? THIN_STREETS[rank] : '#ffffff';
      ctx.setLineDash(isFoot(rank) ? [4, 3] : []);
      ctx.stroke();
    }
  }
  ctx.setLineDash([]);
  ctx.lineCap = 'butt';
}

const THIN_STREETS = ['#b9b0a0', '#c0b8a9', '#c8c1b4', '#cec8bc', '#d8d2c7', '#d8d2c7'];

function traceStreets(view, ranks, rank) {
  const shape = app.shapes.streets;
  for (let i = 0; i < shape.count; i++) {
    if (ranks[i] !== rank) continue;
    for (let path = shape.paths[i]; path < shape.paths[i + 1]; path++) {
      if (isSeen(view, shape.pathBoxes, path)) tracePath(view, shape, path);
    }
  }
}
