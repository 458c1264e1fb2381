/* What stands around the map: title, headline figures, themes, base layers, the choice of a type, the legend. */

const OVERLAYS = ['names', 'borders', 'streets', 'barriers', 'heritage', 'planning_units'];

function writeFrame() {
  const { plan } = app.head;
  document.title = plan.name;
  fill(document.querySelector('#title h1'), name(plan.name));
  fill(document.querySelector('#title p'), name(word('about', plan)));
  fill(
    document.getElementById('foot'),
    name(word(plan.is_osm ? 'source_osm' : 'source_own')),
    name('geoplan · ' + plan.as_of),
  );
  document.querySelector('#north span').textContent = word('north');
  writeHeadline();
  writeThemes();
  writeOverlays();
  startSearch();
  document.getElementById('type').addEventListener('change', (event) => {
    change(app.state.theme === 'gaps' ? { type: event.target.value } : { filter: event.target.value });
  });
  writeWhen();
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && app.state.selected) select(null);
  });
}

function writeHeadline() {
  const { areas, estates, area_gaps: areaGaps } = app.tables;
  const tile = (key, value, unit, note) =>
    make(
      'div',
      {},
      make('dt', {}, word(key)),
      make('dd', {}, number(value), unit ? make('small', {}, ' ' + word('unit.' + unit)) : null),
      make('dd', { className: 'note' }, note),
    );
  const short = (key, column) =>
    make('div', { className: key }, make('dt', {}, word(key)), make('dd', {}, number(total(areas[column]))));
  const { inAreas } = app;
  const all = (value) => word('of_all', { n: number(value) });
  const withGaps = new Set(areaGaps.area_id.filter((_, row) => areaGaps.is_gap[row])).size;
  const tiles = [
    tile(
      'areas',
      areas.rows,
      'count',
      areas.rows ? word('areas_note', { n: number(inAreas.estates / areas.rows, 1) }) : '',
    ),
    tile('estates', inAreas.estates, 'count', all(estates.rows)),
    tile('households', inAreas.households, 'households', all(total(estates.households))),
    tile('residents', inAreas.residents, 'persons', all(total(estates.residents))),
  ];
  if (areaGaps.rows)
    tiles.push(tile('gaps', countOf(areaGaps.is_gap, true), 'item', word('gaps_note', { n: number(withGaps) })));
  if (app.tables.care.rows) {
    tiles.push(
      make(
        'div',
        { className: 'elder' },
        make('dt', {}, word('elder')),
        make(
          'dd',
          {},
          make(
            'dl',
            { className: 'three' },
            short('need', 'elder_need_m2'),
            short('have', 'elder_have_m2'),
            short('short', 'elder_short_m2'),
          ),
        ),
      ),
    );
  }
  fill(document.getElementById('headline'), ...tiles);
}

function writeThemes() {
  const box = document.getElementById('themes');
  box.firstElementChild.textContent = word('themes');
  for (const theme of Object.keys(THEMES)) {
    const isThere = THEMES[theme].isThere();
    const input = make('input', { type: 'radio', name: 'theme', value: theme, id: 'theme-' + theme });
    input.disabled = !isThere;
    input.addEventListener('change', () => change({ theme }));
    box.appendChild(
      make(
        'label',
        { for: 'theme-' + theme, className: isThere ? '' : 'absent', title: isThere ? '' : word('no_data_theme') },
        input,
        make('span', {}, word('theme.' + theme)),
      ),
    );
  }
}

/* The switch between today and what it will be with the walls open. */
function writeWhen() {
  const box = document.getElementById('when');
  box.firstElementChild.textContent = word('when');
  for (const when of ['today', 'after']) {
    const input = make('input', { type: 'radio', name: 'when', value: when, id: 'when-' + when });
    input.checked = app.state.when === when;
    input.addEventListener('change', () => change({ when }));
    box.appendChild(make('label', { for: 'when-' + when }, input, make('span', {}, word('when.' + when))));
  }
}

function writeOverlays() {
  const box = document.getElementById('overlays');
  box.firstElementChild.textContent = word('overlays');
  for (const overlay of OVERLAYS) {
    const isThere = overlay === 'names' || app.shapes[overlay === 'borders' ? 'areas' : overlay].count > 0;
    app.state.overlays[overlay] = isThere;
    if (!isThere) continue;
    const input = make('input', { type: 'checkbox', id: 'overlay-' + overlay });
    input.checked = true;
    input.addEventListener('change', () => change({ overlays: { ...app.state.overlays, [overlay]: input.checked } }));
    box.appendChild(make('label', { for: 'overlay-' + overlay }, input, make('span', {}, word('overlay.' + overlay))));
  }
}

function writeChoice() {
  const { theme } = app.state;
  document.getElementById('when').hidden = theme !== 'gaps' || !app.tables.openings.rows;
  const box = document.getElementById('choice');
  box.hidden = theme !== 'gaps' && theme !== 'facilities';
  if (box.hidden) return;
  box.firstElementChild.textContent = word('choose_type');
  const select = document.getElementById('type');
  const counts = theme === 'gaps' ? null : countTypes();
  const codes =
    theme === 'gaps' ? app.gapTypes : app.head.types.map((type) => type.code).filter((code) => counts.has(code));
  const groups = KIND_ORDER.map((kind) =>
    make(
      'optgroup',
      { label: kindLabel(kind) },
      ...codes
        .filter((code) => kindOfType(code) === kind)
        .map((code) => make('option', { value: code }, chipType(code) + ' · ' + countText(theme, code, counts))),
    ),
  );
  fill(
    select,
    theme === 'facilities' ? make('option', { value: '' }, word('all_types')) : null,
    ...groups.filter((group) => group.childElementCount),
  );
  select.value = theme === 'gaps' ? app.state.type : app.state.filter;
}

function countTypes() {
  const counts = new Map();
  app.tables.facilities.facility_type.forEach((type) => counts.set(type, (counts.get(type) || 0) + 1));
  return counts;
}

function countText(theme, code, counts) {
  if (theme === 'facilities') return number(counts.get(code));
  const states = statesOf(code);
  if (states.every((state) => state === 'none')) return word('state.none');
  return number(countOf(states, 'gap') + countOf(states, 'still'));
}

function writeLegend() {
  const theme = THEMES[app.state.theme];
  const [, column, list, note] = document.getElementById('legend').children;
  const isAfter = app.state.theme === 'gaps' && app.state.when === 'after';
  const about = isAfter ? [word('theme.gaps'), word('when.after')] : [word('theme.' + app.state.theme)];
  document.querySelector('#legend h2').textContent = [word('legend'), ...about].join(' · ');
  column.textContent = word('counted.' + theme.counted);
  fill(
    list,
    ...theme
      .legend()
      .map((item) =>
        make(
          'li',
          {},
          swatchOf(item),
          make('span', {}, item.text),
          make('span', { className: 'count' }, item.count === null ? '' : number(item.count)),
        ),
      ),
  );
  note.textContent = theme.note();
}

function swatchOf({ swatch, symbol, line }) {
  const canvas = make('canvas', { 'aria-hidden': 'true' });
  const [wide, high, ratio] = [26, 17, 3];
  canvas.width = wide * ratio;
  canvas.height = high * ratio;
  const ctx = canvas.getContext('2d');
  ctx.scale(ratio, ratio);
  if (symbol) {
    paintSymbol(ctx, wide / 2, high / 2, symbol);
    return canvas;
  }
  ctx.beginPath();
  if (line) {
    ctx.moveTo(3, high / 2);
    ctx.lineTo(wide - 3, high / 2);
    strokeShape(ctx, line);
    return canvas;
  }
  ctx.rect(1, 1, wide - 2, high - 2);
  ctx.fillStyle = swatch.fill;
  ctx.fill();
  if (swatch.second) {
    ctx.fillStyle = swatch.second;
    ctx.fillRect(wide / 2, 1, wide / 2 - 1, high - 2);
  }
  if (swatch.hatch) {
    ctx.fillStyle = hatchOf(ctx, swatch.hatch);
    ctx.fill();
  }
  ctx.strokeStyle = swatch.stroke;
  ctx.stroke();
  return canvas;
}
