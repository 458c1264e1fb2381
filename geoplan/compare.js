/* What changed? Two maps that move in step, areas coloured by what became of them, and the changes in figures. */

const SIDES = ['was', 'now'];
const CLOSEST = 19;
const MOST_LISTED = 40;
const CHANGES = {
  // of an area: as compare.py says it; `figures` is an area of the same estates whose figures differ
  same: { fill: '#e3e5e1', stroke: '#9aa19c', width: 1 },
  figures: { fill: '#f4dd95', stroke: '#8a6d0c', width: 1.6 },
  changed: { fill: '#ee8866', stroke: '#a1432a', width: 1.8 },
  new: { fill: '#4a90c4', stroke: '#1d4f7a', width: 1.8 },
  gone: { fill: '#ece6f1', hatch: '#6b4c87', stroke: '#6b4c87', width: 1.8 },
};
const LISTED = ['new', 'gone', 'changed', 'figures'];
const MOVED = { stroke: INK, width: 1.6, dash: [4, 2.5] };
const OUTSIDE = { fill: '#dcd8cf', stroke: '#b4aea2', width: 0.8 };
const app = { state: { theme: '', selected: null }, maps: {}, sheets: {} };

start().catch((problem) => {
  document.getElementById('waiting').textContent =
    '数据没有读出来，请用较新的 Chrome、Edge 或 360 浏览器（极速模式）打开 / please use a recent Chrome or Edge';
  throw problem;
});

async function start() {
  Object.assign(app, await readPayload(document.getElementById('payload').textContent));
  indexChanges();
  writeHead();
  document.getElementById('geoplan').classList.toggle('stacked', isWide());
  for (const side of SIDES) startPane(side);
  showAll();
  tell();
  document.addEventListener('keydown', (event) => event.key === 'Escape' && choose(null));
  document.getElementById('waiting').hidden = true;
  document.getElementById('geoplan').dataset.ready = 'yes';
}

/* The painter asks whether a thing is among those asked about: here all are. */
function passes() {
  return true;
}

/* Which row of changed_areas speaks of which area of a side, and what became of it. */
function indexChanges() {
  const { changed_areas: changes, changed_estates: estates } = app.tables;
  app.kinds = changes.state.map((state, row) => (state === 'same' && factsOf(row).length ? 'figures' : state));
  app.rowOf = {};
  app.areaOf = {};
  for (const side of SIDES) {
    const rows = new Map(changes['area_id_' + side].map((id, row) => [id, row]));
    const ids = app.tables['areas_' + side].area_id;
    app.rowOf[side] = ids.map((id) => rows.get(id));
    app.areaOf[side] = new Map(app.rowOf[side].map((row, i) => [row, i]));
  }
  const has = new Map(estates.estate_id.map((id, row) => [id, estates.state[row]]));
  app.isMoved = {};
  for (const side of SIDES)
    app.isMoved[side] = app.tables['estates_' + side].estate_id.map((id) => ['moved', 'new', 'gone'].includes(has.get(id)));
}

/* ---- the maps ---- */

function startPane(side) {
  const map = L.map(document.querySelector(`#${side} .map`), {
    zoomControl: false,
    attributionControl: false,
    zoomSnap: 0.25,
    zoomDelta: 0.5,
    maxZoom: CLOSEST,
  });
  if (side === 'now') {
    const said = { zoomInTitle: word('zoom_in'), zoomOutTitle: word('zoom_out') };
    L.control.zoom({ position: 'bottomright', ...said }).addTo(map);
  }
  L.control.scale({ position: 'bottomleft', imperial: false, maxWidth: 140 }).addTo(map);
  app.maps[side] = map;
  app.sheets[side] = new Sheet((view) => paint(view, side));
  map.setView([0, 0], 2, { animate: false });
  map.addLayer(app.sheets[side]);
  map.on('move', () => follow(side));
  map.on('click', ({ latlng: { lat, lng } }) => {
    const i = featureUnder('areas_' + side, lng / 360 + 0.5, mercatorOf(lat));
    choose(i < 0 ? null : app.rowOf[side][i], i >= 0);
  });
}

/* The other map goes where this one went. */
function follow(side) {
  if (app.isFollowing) return;
  const other = app.maps[SIDES.find((each) => each !== side)];
  const map = app.maps[side];
  app.isFollowing = true;
  withoutSteps(other, () => other.setView(map.getCenter(), map.getZoom(), { animate: false }));
  app.isFollowing = false;
}

function withoutSteps(map, setView) {
  const { zoomSnap } = map.options;
  map.options.zoomSnap = 0;
  setView();
  map.options.zoomSnap = zoomSnap;
}

function fit(boxes, padding) {
  const all = [Infinity, Infinity, -Infinity, -Infinity];
  boxes.forEach((box) => growBox(all, box));
  if (all[0] > all[2]) return;
  const bounds = [
    [latitudeOf(all[3]), (all[0] - 0.5) * 360],
    [latitudeOf(all[1]), (all[2] - 0.5) * 360],
  ];
  const map = app.maps.was;
  withoutSteps(map, () => map.fitBounds(bounds, { padding: [padding, padding], maxZoom: 16, animate: false }));
}

function boxOf(layer, i) {
  return app.shapes[layer].boxes.subarray(i * 4, i * 4 + 4);
}

function showAll() {
  fit(boxesOfTown(), 30);
}

/* Outlines of all areas of both sides; of the estates where there is no area. */
function boxesOfTown() {
  const layer = SIDES.some((side) => app.shapes['areas_' + side].count) ? 'areas_' : 'estates_';
  return [].concat(
    ...SIDES.map((side) => Array.from({ length: app.shapes[layer + side].count }, (_, i) => boxOf(layer + side, i))),
  );
}

/* A long town has its maps one above the other. */
function isWide() {
  const all = [Infinity, Infinity, -Infinity, -Infinity];
  boxesOfTown().forEach((box) => growBox(all, box));
  return all[2] - all[0] > 1.3 * (all[3] - all[1]);
}

function paint(view, side) {
  const [areas, estates] = ['areas_' + side, 'estates_' + side];
  const kindOf = (i) => app.kinds[app.rowOf[side][i]];
  paintLayer(view, estates, () => OUTSIDE);
  paintLayer(view, areas, (i) => ({ ...CHANGES[kindOf(i)], isFirm: true }));
  paintLayer(view, estates, () => ({ stroke: 'rgba(255,255,255,0.8)', width: 0.7 }));
  paintLayer(view, estates, (i) => (app.isMoved[side][i] ? MOVED : null));
  const chosen = app.areaOf[side].get(app.state.selected);
  if (app.state.selected !== null && chosen !== undefined) {
    paintLayer(view, areas, (i) => (i === chosen ? { stroke: '#ffffff', width: 7 } : null));
    paintLayer(view, areas, (i) => (i === chosen ? { stroke: INK, width: 3.5 } : null));
  }
  const labels = startLabels(view);
  for (const kind of [...LISTED, 'same']) {
    const size = kind === 'same' ? 12 : 13.5;
    labelPolygons(labels, areas, (i) => (kindOf(i) === kind ? [{ text: bareName(areas, i), size, weight: 600 }] : null), {
      leastPx: kind === 'same' ? 34 : 8,
      shifts: [[0, 0], [0, -13], [0, 13], [0, -25], [0, 25]],
    });
  }
}

/* An area's name without the subdistrict in front. */
function bareName(layer, i) {
  return app.tables[layer].name[i].split(' · ').pop();
}

/* ---- what is said ---- */

function writeHead() {
  const { runs } = app.head;
  document.title = word('compare.title') + ' · ' + runs.now.name;
  fill(document.querySelector('#title h1'), name(runs.now.name));
  fill(document.querySelector('#title p'), name(word('compare.title')));
  for (const side of SIDES) {
    const { folder, as_of: asOf } = runs[side];
    const text = make('small', {}, [folder, asOf].filter(Boolean).join(' · '));
    fill(document.querySelector(`#${side} h2`), make('span', {}, word('compare.' + side)), text);
  }
  const kinds = [...LISTED, 'same'].filter((kind) => app.kinds.includes(kind));
  const items = kinds.map((kind) => legendItem({ swatch: CHANGES[kind] }, kindText(kind), app.kinds.filter((of) => of === kind).length));
  if (SIDES.some((side) => app.isMoved[side].includes(true))) items.push(legendItem({ line: MOVED }, word('compare.moved')));
  document.querySelector('#legend h3').textContent = word('legend');
  fill(document.querySelector('#legend ul'), ...items, legendItem({ swatch: OUTSIDE }, word('left_out')));
}

function legendItem(swatch, text, count) {
  return make('li', {}, swatchOf(swatch), make('span', {}, text), make('span', { className: 'legend-count' }, count));
}

function kindText(kind) {
  return kind === 'same' || kind === 'figures' || kind === 'changed' ? word('compare.' + kind) : label('compare_state', kind);
}

/* The facts of an area that differ: heading, unit, was, now. */
function factsOf(row) {
  const { changed_areas: changes } = app.tables;
  return app.head.facts
    .map(([fact, text, unit]) => [text, unit, changes[fact + '_was'][row], changes[fact + '_now'][row]])
    .filter(([, , was, now]) => was !== now);
}

function said(value, unit) {
  if (!isKnown(value)) return '—';
  if (unit === 'year') return String(value);
  if (unit !== 'yuan') return quantity(value, unit, unit === 'm2' ? 1 : 0);
  const big = Number(word('money_big'));
  return number(value / big, 1) + ' ' + word('unit.money');
}

function tell() {
  const at = (row) => LISTED.indexOf(app.kinds[row]);
  const rows = app.kinds.map((_, row) => row).filter((row) => at(row) >= 0);
  rows.sort((one, other) => at(one) - at(other) || one - other);
  const estates = app.tables.changed_estates;
  fill(
    document.getElementById('told'),
    section(word('compare.sums'), figuresTold()),
    section(
      word('compare.areas') + ` (${rows.length})`,
      rows.length ? changesListed(rows.map(changeOf)) : make('p', { className: 'empty' }, word('compare.nothing')),
    ),
    section(
      word('compare.estates') + ` (${estates.rows})`,
      estates.rows ? changesListed(estates.estate_id.map((_, row) => estateOf(row))) : make('p', { className: 'empty' }, word('compare.nothing')),
    ),
  );
}

function changesListed(items) {
  const list = listed(items, MOST_LISTED);
  list.className = 'changes';
  return list;
}

function figuresTold() {
  const { figure, unit, was, now, change } = app.tables.changed_figures;
  const rows = app.head.figures.map((code) => {
    const row = figure.indexOf(code);
    const by = change[row];
    return [
      make('dt', {}, label('compare_figure', code), make('small', {}, said(was[row], unit[row]) + ' → ' + said(now[row], unit[row]))),
      make('dd', { className: by > 0 ? 'more' : 'less' }, by ? (by > 0 ? '+' : '') + said(by, unit[row]) : word('compare.same')),
    ];
  });
  return make('dl', { className: 'sides' }, ...[].concat(...rows));
}

function changeOf(row) {
  const { changed_areas: changes } = app.tables;
  const [was, now] = SIDES.map((side) => changes['name_' + side][row]);
  const kind = app.kinds[row];
  const both = kind === 'new' || kind === 'gone' ? [] : factsOf(row);
  const facts = both.map(([text, unit, before, after]) => `${text} ${said(before, unit)} → ${said(after, unit)}`);
  for (const column of ['gaps_closed', 'gaps_opened']) {
    const types = (changes[column][row] || '').split('、').filter(Boolean).map((code) => label('facility_type', code));
    if (both.length && types.length) facts.push(word('compare.' + column, { types: types.join(word('and')) }));
  }
  const title = now || was;
  return make(
    'li',
    { className: app.state.selected === row ? 'chosen' : '', 'data-row': row },
    make('button', { type: 'button', className: 'link', click: () => choose(row, true) }, name(title)),
    chip('', kindText(kind)),
    was && now && was !== now ? make('p', {}, word('compare.name_was', { name: was })) : null,
    ...facts.map((text) => make('p', {}, text)),
  );
}

function estateOf(row) {
  const { changed_estates: of } = app.tables;
  const go = () => {
    const boxes = SIDES.map((side) => [side, app.tables['estates_' + side].estate_id.indexOf(of.estate_id[row])]);
    fit(boxes.filter(([, i]) => i >= 0).map(([side, i]) => boxOf('estates_' + side, i)), 120);
  };
  const lines = ['eligibility', 'plan_entry', 'left_out', 'households', 'residents']
    .map((column) => [column, of[column + '_was'][row], of[column + '_now'][row]])
    .filter(([column, was, now]) => was !== now && (column !== 'left_out' || isKnown(now)))
    .map(([column, was, now]) => {
      const text = (value) => (typeof value === 'number' ? number(value) : isKnown(value) ? label(column, value) : '—');
      return make('p', {}, `${word('compare.' + column)} ${text(was)} → ${text(now)}`);
    });
  return make(
    'li',
    {},
    make('button', { type: 'button', className: 'link', click: go }, name(of.name[row] || of.estate_id[row])),
    chip('', label('compare_state', of.state[row])),
    ...lines,
  );
}

/* ---- what is chosen ---- */

function choose(row, flies) {
  app.state.selected = row;
  if (row !== null && flies) {
    const seen = SIDES.map((side) => [side, app.areaOf[side].get(row)]).filter(([, i]) => i !== undefined);
    fit(seen.map(([side, i]) => boxOf('areas_' + side, i)), 90);
  }
  for (const item of document.querySelectorAll('.changes li[data-row]'))
    item.classList.toggle('chosen', item.dataset.row === String(row));
  const chosen = document.querySelector('.changes li.chosen');
  if (chosen) chosen.scrollIntoView({ block: 'nearest' });
  for (const side of SIDES) app.sheets[side].redraw();
}
