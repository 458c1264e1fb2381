/* How does a drawing become lines and letters on paper? A pen with the words of a canvas that writes SVG instead. */

const SVG = 'http://www.w3.org/2000/svg';

class SvgPen {
  constructor(width, height) {
    this.node = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}` });
    this.node.appendChild(svg('defs'));
    this.measure = document.createElement('canvas').getContext('2d');
    this.hatches = new Map();
    Object.assign(this, { fillStyle: '#000', strokeStyle: '#000', lineWidth: 1, lineCap: 'butt', lineJoin: 'miter' });
    Object.assign(this, { globalAlpha: 1, font: '', textAlign: 'left', textBaseline: 'alphabetic', dash: [], turn: '', held: [] });
    this.beginPath();
  }

  beginPath() {
    this.path = [];
  }

  moveTo(x, y) {
    this.path.push('M' + short(x) + ' ' + short(y));
  }

  lineTo(x, y) {
    this.path.push((this.path.length ? 'L' : 'M') + short(x) + ' ' + short(y));
  }

  closePath() {
    this.path.push('Z');
  }

  rect(x, y, wide, high) {
    this.path.push(`M${short(x)} ${short(y)}h${short(wide)}v${short(high)}h${short(-wide)}Z`);
  }

  /* Only whole circles are drawn. */
  arc(x, y, r) {
    this.path.push(`M${short(x - r)} ${short(y)}a${short(r)} ${short(r)} 0 1 0 ${short(2 * r)} 0a${short(r)} ${short(r)} 0 1 0 ${short(-2 * r)} 0Z`);
  }

  fillRect(x, y, width, height) {
    this.add('rect', { x: short(x), y: short(y), width: short(width), height: short(height), ...this.paint('fill', this.fillStyle) });
  }

  fill(rule) {
    if (this.fillStyle === 'transparent' || !this.path.length) return;
    this.add('path', { d: this.path.join(''), 'fill-rule': rule || 'nonzero', ...this.paint('fill', this.fillStyle) });
  }

  stroke() {
    if (!this.path.length) return;
    this.add('path', { d: this.path.join(''), fill: 'none', ...this.outline() });
  }

  outline() {
    const dash = this.dash.length ? { 'stroke-dasharray': this.dash.join(' ') } : {};
    const line = { 'stroke-width': short(this.lineWidth), 'stroke-linecap': this.lineCap, 'stroke-linejoin': this.lineJoin };
    return { ...this.paint('stroke', this.strokeStyle), ...line, ...dash };
  }

  paint(which, colour) {
    const parts = /^rgba\((.*),\s*([\d.]+)\)$/.exec(colour);
    const alpha = this.globalAlpha * (parts ? Number(parts[2]) : 1);
    const said = { [which]: parts ? `rgb(${parts[1]})` : colour };
    return alpha < 1 ? { ...said, [which + '-opacity']: short(alpha) } : said;
  }

  setLineDash(dash) {
    this.dash = dash;
  }

  /* A halo lies under the letters that are filled next. */
  strokeText() {
    this.halo = { ...this.outline(), 'paint-order': 'stroke' };
  }

  fillText(text, x, y) {
    this.write(text, x, y, { ...this.halo, ...this.paint('fill', this.fillStyle) });
    this.halo = {};
  }

  write(text, x, y, style) {
    const [, weight, size, family] = /^(\d+) ([\d.]+)px (.*)$/.exec(this.font);
    const anchor = { left: 'start', center: 'middle' }[this.textAlign];
    const down = this.textBaseline === 'middle' ? Number(size) * 0.36 : 0;
    const said = { x: short(x), y: short(y + down), 'font-weight': weight, 'font-size': size, 'font-family': family };
    const spacing = parseFloat(this.letterSpacing) ? { 'letter-spacing': this.letterSpacing } : {};
    this.add('text', { ...said, ...spacing, 'text-anchor': anchor, ...style }).textContent = text;
  }

  measureText(text) {
    this.measure.font = this.font;
    return this.measure.measureText(text);
  }

  save() {
    this.held.push(this.turn);
  }

  restore() {
    this.turn = this.held.pop();
  }

  translate(x, y) {
    this.turn += `translate(${short(x)} ${short(y)})`;
  }

  rotate(angle) {
    this.turn += `rotate(${short((angle * 180) / Math.PI)})`;
  }

  /* A hatch of lines of one colour. */
  hatch(colour) {
    if (!this.hatches.has(colour)) {
      const id = 'hatch-' + ++SvgPen.made;
      const pattern = svg('pattern', { id, width: 7, height: 7, patternUnits: 'userSpaceOnUse' });
      const said = { d: 'M-1 1L1 -1M-1 8L8 -1M6 8L8 6', fill: 'none', 'stroke-width': 1.3 };
      pattern.appendChild(svg('path', { ...said, ...this.paint('stroke', colour) }));
      this.node.firstChild.appendChild(pattern);
      this.hatches.set(colour, `url(#${id})`);
    }
    return this.hatches.get(colour);
  }

  add(tag, said) {
    const node = svg(tag, this.turn ? { ...said, transform: this.turn } : said);
    this.node.appendChild(node);
    return node;
  }
}

SvgPen.made = 0;

function short(value) {
  return Math.round(value * 100) / 100;
}

function svg(tag, said) {
  const node = document.createElementNS(SVG, tag);
  for (const key of Object.keys(said || {})) node.setAttribute(key, said[key]);
  return node;
}

/* A swatch of a legend: a filled box, a symbol or a line. */
function swatchOf({ swatch, symbol, line }) {
  const [wide, high] = [26, 17];
  const pen = new SvgPen(wide, high);
  pen.node.setAttribute('aria-hidden', 'true');
  if (symbol) {
    paintSymbol(pen, wide / 2, high / 2, symbol);
    return pen.node;
  }
  if (line) {
    pen.moveTo(3, high / 2);
    pen.lineTo(wide - 3, high / 2);
    strokeShape(pen, line);
    return pen.node;
  }
  pen.rect(1, 1, wide - 2, high - 2);
  pen.fillStyle = swatch.fill;
  pen.fill();
  if (swatch.second) {
    pen.fillStyle = swatch.second;
    pen.fillRect(wide / 2, 1, wide / 2 - 1, high - 2);
  }
  if (swatch.hatch) {
    pen.fillStyle = pen.hatch(swatch.hatch);
    pen.fill();
  }
  strokeShape(pen, { stroke: swatch.stroke || '#8b8478' });
  return pen.node;
}
