/* What goes where? Idle rooms and land: what the plan puts into each, for whom, and what stays unused and why. */

const SITE_STYLES = {
  sited: { form: 'square', fill: '#b3261e', ring: '#ffffff', ringWidth: 1.6, size: 1.35 },
  usable: { form: 'square', fill: '#ffffff', ring: '#7a5c00', ringWidth: 2.2, size: 1.1 },
  unusable: { form: 'square', fill: '#d9d5cc', ring: '#8d8a85', ringWidth: 1.2, size: 0.9 },
};
const SERVED = { fill: '#f3c9a5', stroke: '#b06a2c' };
const TYPES_SAID = 2; // below the name of an area
const NOT_SERVED = { fill: '#ebe8e1', stroke: '#b8b2a6' };

function indexSites() {
  const { sites, sitings, siting_areas: served } = app.tables;
  app.siteAt = rowsById(sites.site_id);
  app.sitingsOfSite = rowsBy(sitings.site_id, app.siteAt);
  app.servedOfSite = rowsBy(served.site_id, app.siteAt);
  app.servedOfArea = rowsBy(served.area_id, app.areaAt);
}

function siteState(i) {
  if (app.sitingsOfSite.has(i)) return 'sited';
  return app.tables.sites.usable[i] === true ? 'usable' : 'unusable';
}

function siteName(i) {
  const { name: names, site_id: ids } = app.tables.sites;
  return names[i] || ids[i];
}

function siteSymbol(state, radius) {
  const { size, ...symbol } = SITE_STYLES[state];
  return { ...symbol, radius: radius * size };
}

/* Middle of a site on the canvas; sites are points or outlines. */
function sitePixel(view, i) {
  const [west, north, east, south] = app.shapes.sites.boxes.subarray(i * 4, i * 4 + 4);
  return [((west + east) / 2) * view.scale - view.left, ((north + south) / 2) * view.scale - view.top];
}

function isPlaced(i) {
  const { paths } = app.shapes.sites;
  return paths[i] < paths[i + 1];
}

function paintSites(view) {
  const { selected } = app.state;
  const radius = Math.max(4.5, pointRadius(view));
  for (let i = 0; i < app.tables.sites.rows; i++) {
    if (!isPlaced(i)) continue;
    const isChosen = selected && selected.layer === 'sites' && selected.i === i;
    if (isChosen || !selected || selected.layer !== 'sites') paintCatchment(view, i, isChosen);
  }
  for (const state of ['unusable', 'usable', 'sited']) {
    for (let i = 0; i < app.tables.sites.rows; i++) {
      if (!isPlaced(i) || siteState(i) !== state) continue;
      const [x, y] = sitePixel(view, i);
      paintSymbol(view.ctx, x, y, siteSymbol(state, radius));
      if (selected && selected.layer === 'sites' && selected.i === i)
        paintSymbol(view.ctx, x, y, { form: 'circle', fill: 'transparent', ring: INK, ringWidth: 3, radius: radius + 7 });
    }
  }
}

/* A line from a site to each area it serves. */
function paintCatchment(view, site, isChosen) {
  const { ctx } = view;
  const [x, y] = sitePixel(view, site);
  for (const area of areasServed(site)) {
    if (!passes('areas', area)) continue;
    const [ax, ay] = labelPoint(app.shapes.areas, area);
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(ax * view.scale - view.left, ay * view.scale - view.top);
    strokeShape(ctx, { stroke: '#ffffff', width: isChosen ? 5 : 3.4 });
    strokeShape(ctx, { stroke: '#b3261e', width: isChosen ? 2.6 : 1.3, dash: isChosen ? [] : [5, 3] });
  }
}

function areasServed(site) {
  const ids = (app.servedOfSite.get(site) || []).map((row) => app.tables.siting_areas.area_id[row]);
  return [...new Set(ids)].map((id) => app.areaAt.get(id)).filter((area) => area !== undefined);
}

function isServed(area) {
  return app.servedOfArea.has(area);
}

/* What is sited for an area, in a few words. */
function servedBy(area) {
  const { facility_type: types } = app.tables.siting_areas;
  const rows = app.servedOfArea.get(area) || [];
  const said = [...new Set(rows.map((row) => chipType(types[row])))];
  if (said.length <= TYPES_SAID) return said.join(word('and'));
  return word('and_more', { some: said.slice(0, TYPES_SAID).join(word('and')), n: number(said.length) });
}

function siteNear(x, y, reach) {
  const { boxes, count } = app.shapes.sites;
  let best = -1;
  let nearest = reach * reach;
  for (let i = 0; i < count; i++) {
    if (!isPlaced(i)) continue;
    const far = ((boxes[i * 4] + boxes[i * 4 + 2]) / 2 - x) ** 2 + ((boxes[i * 4 + 1] + boxes[i * 4 + 3]) / 2 - y) ** 2;
    if (far < nearest) {
      nearest = far;
      best = i;
    }
  }
  return best;
}

/* Names keep off the sites that are or could be used. */
function reserveSites(labels) {
  const r = Math.max(4.5, pointRadius(labels.view)) * 1.3;
  for (let i = 0; i < app.tables.sites.rows; i++) {
    if (!isPlaced(i) || siteState(i) === 'unusable') continue;
    const [x, y] = sitePixel(labels.view, i);
    reserve(labels, x - r, y - r, x + r, y + r);
  }
}

function siteText(i) {
  const rows = app.sitingsOfSite.get(i) || [];
  if (rows.length) return rows.map((row) => chipType(app.tables.sitings.facility_type[row])).join(word('and'));
  const reason = app.tables.sites.reason[i];
  return word('site.' + siteState(i)) + (siteState(i) === 'unusable' ? ' · ' + label('site_reason', reason) : '');
}

function siteLegend() {
  const count = (state) => app.tables.sites.site_id.filter((_, i) => siteState(i) === state).length;
  const symbols = Object.keys(SITE_STYLES).map((state) => ({
    symbol: siteSymbol(state, 6.5),
    text: word('site.' + state),
    count: count(state),
  }));
  const areas = [
    { swatch: SERVED, text: word('area_served'), count: countAt('areas', isServed) },
    { swatch: NOT_SERVED, text: word('area_not_served'), count: countAt('areas', (i) => !isServed(i)) },
  ];
  return symbols.concat(areas).filter((item) => item.count > 0);
}

function siteLeaders() {
  const { sitings } = app.tables;
  return sitings.site_id
    .map((id, row) => [row, app.siteAt.get(id)])
    .filter(([, site]) => !isFiltered() || areasServed(site).some((area) => passes('areas', area)))
    .sort(([one], [other]) => (sitings.residents_served[other] || 0) - (sitings.residents_served[one] || 0) || one - other)
    .map(([row, site]) => ({
      text: chipType(sitings.facility_type[row]),
      under: [siteName(site), quantity(sitings.floor_area_m2[row], 'm2'), money(sitings.amount_yuan[row])].join(' · '),
      value: sitings.residents_served[row] || 0,
      said: quantity(sitings.residents_served[row], 'persons'),
      pick: () => select('sites', site, true),
    }));
}

/* Why gaps of areas stay open, and how many for each reason. */
function openReasons() {
  const { area_gaps: table } = app.tables;
  const counts = new Map();
  table.reason.forEach((reason, row) => {
    if (!isKnown(reason) || table.is_gap[row] !== true || !passes('areas', app.areaAt.get(table.area_id[row]))) return;
    counts.set(reason, (counts.get(reason) || 0) + 1);
  });
  const rows = [...counts]
    .sort((one, other) => other[1] - one[1])
    .map(([reason, count]) =>
      make('li', {}, make('span', {}, label('open_reasons', reason)), make('span', { className: 'said' }, number(count))),
    );
  return rows.length ? section(word('open_reasons'), listed(rows, 12)) : null;
}

/* ---- cards ---- */

function sitePanel(i) {
  const { sites, sitings, siting_areas: served, areas } = app.tables;
  const rows = (app.sitingsOfSite.get(i) || []).map((row) =>
    make(
      'li',
      { className: 'paid' },
      make('span', {}, typeLabel(sitings.facility_type[row]), proceduresOf(row)),
      make('span', { className: 'said' }, quantity(sitings.floor_area_m2[row], 'm2'), ' · ', money(sitings.amount_yuan[row])),
    ),
  );
  const served_ = (app.servedOfSite.get(i) || []).map((row) => {
    const area = app.areaAt.get(served.area_id[row]);
    return make(
      'li',
      {},
      area === undefined ? name(served.area_id[row]) : link('areas', area, areas.name[area]),
      make('span', { className: 'said' }, chipType(served.facility_type[row]) + ' · ' + servedText(row)),
    );
  });
  return [
    headOf(label('site_kind', sites.site_kind[i]), siteName(i), sites.site_id[i]),
    facts(
      [word('status'), word('site.' + siteState(i))],
      siteState(i) === 'unusable' ? [heading('sites', 'reason'), cell('sites', 'reason', i)] : null,
      [heading('sites', 'floor_area_m2'), cell('sites', 'floor_area_m2', i)],
      [heading('sites', 'land_area_m2'), cell('sites', 'land_area_m2', i)],
    ),
    rows.length ? section(word('goes_in'), listed(rows, 8)) : null,
    served_.length ? section(word('serves_areas'), listed(served_, 10)) : null,
  ];
}

function proceduresOf(row) {
  const said = app.tables.sitings.procedures[row];
  return isKnown(said) ? make('small', {}, heading('sitings', 'procedures') + '：' + cell('sitings', 'procedures', row)) : null;
}

function servedText(row) {
  const { residents_served: people, elder_m2: rooms } = app.tables.siting_areas;
  const said = [people[row] > 0 ? quantity(people[row], 'persons') : '', rooms[row] > 0 ? quantity(rooms[row], 'm2') : ''];
  return said.filter(Boolean).join(' · ') || '—';
}

/* What the plan puts where for an area. */
function sitingsOfArea(area) {
  const { siting_areas: served, sitings } = app.tables;
  if (!sitings.rows) return null;
  const items = (app.servedOfArea.get(area) || []).map((row) => {
    const site = app.siteAt.get(served.site_id[row]);
    return make(
      'li',
      { className: 'paid' },
      make(
        'span',
        {},
        chipType(served.facility_type[row]),
        make('small', {}, site === undefined ? served.site_id[row] : link('sites', site, siteName(site))),
      ),
      make('span', { className: 'said' }, servedText(row)),
    );
  });
  return section(
    word('what_goes_where'),
    items.length ? listed(items, 8) : make('p', { className: 'empty' }, word('nothing_sited')),
  );
}
