/* What stands around the map: title, headline figures, themes, base layers, the choice of a type, the legend. */

const CHOICES = { gaps: 'type', walks: 'type', facilities: 'kind', programme: 'by' }; // theme -> what is chosen in it
const OVERLAYS = ['ground', 'names', 'borders', 'streets', 'barriers', 'heritage', 'planning_units'];

function writeFrame() {
  const { plan } = app.head;
  document.title = plan.name;
  fill(document.querySelector('#title h1'), name(plan.name));
  fill(document.querySelector('#title p'), name(word('about', plan)));
  fill(
    document.getElementById('foot'),
    name([word(plan.is_osm ? 'source_osm' : 'source_own'), plan.ground && word('ground_of.' + plan.ground.kind)].filter(Boolean).join(' · ')),
    plan.walking === 'straight_line' ? name(word('reach_straight')) : null,
    name('geoplan · ' + plan.as_of),
  );
  document.querySelector('#north span').textContent = word('north');
  writeThemes();
  writeOverlays();
  startSearch();
  startFilter();
  startTable();
  startShow();
  document.getElementById('type').addEventListener('change', (event) => {
    change({ [CHOICES[app.state.theme]]: event.target.value });
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.defaultPrevented && app.state.selected) select(null);
  });
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

/* The switch between today, walls opened and the plan built: the times that make a difference in the theme. */
function writeWhen() {
  const box = document.getElementById('when');
  const times = timesOf(app.state.theme);
  box.hidden = times.length < 2;
  const legend = make('legend', {}, word('when'));
  const choices = times.map((when) => {
    const input = make('input', { type: 'radio', name: 'when', value: when, id: 'when-' + when });
    input.checked = timeShown() === when;
    input.addEventListener('change', () => {
      change({ when });
      document.getElementById('when-' + when).focus();
    });
    return make('label', { for: 'when-' + when }, input, make('span', {}, word('when.' + when)));
  });
  fill(box, legend, ...choices);
}

function writeOverlays() {
  const box = document.getElementById('overlays');
  box.firstElementChild.textContent = word('overlays');
  for (const overlay of OVERLAYS) {
    const isThere = isOverlayThere(overlay);
    app.state.overlays[overlay] = isThere;
    if (!isThere) continue;
    const input = make('input', { type: 'checkbox', id: 'overlay-' + overlay });
    input.checked = true;
    input.addEventListener('change', () => change({ overlays: { ...app.state.overlays, [overlay]: input.checked } }));
    box.appendChild(make('label', { for: 'overlay-' + overlay }, input, make('span', {}, word('overlay.' + overlay))));
  }
}

function isOverlayThere(overlay) {
  if (overlay === 'ground') return Boolean(app.head.plan.ground);
  return overlay === 'names' || app.shapes[overlay === 'borders' ? 'areas' : overlay].count > 0;
}

function writeChoice() {
  const { theme } = app.state;
  const box = document.getElementById('choice');
  box.hidden = !CHOICES[theme];
  if (box.hidden) return;
  box.firstElementChild.textContent = word(theme === 'programme' ? 'choose_by' : 'choose_type');
  const select = document.getElementById('type');
  fill(select, ...(theme === 'programme' ? optionsBy() : optionsOfTypes(theme)));
  select.value = theme === 'programme' ? byShown() : app.state[CHOICES[theme]];
}

function optionsBy() {
  const known = BY.filter((column) => app.tables.areas[column].some(isKnown));
  return known.map((column) => make('option', { value: column }, heading('areas', column)));
}

function optionsOfTypes(theme) {
  const counts = theme === 'facilities' ? countTypes() : null;
  const codes =
    theme !== 'facilities' ? app.gapTypes : app.head.types.map((type) => type.code).filter((code) => counts.has(code));
  const groups = KIND_ORDER.map((kind) =>
    make(
      'optgroup',
      { label: kindLabel(kind) },
      ...codes
        .filter((code) => kindOfType(code) === kind)
        .map((code) => make('option', { value: code }, [chipType(code), countText(theme, code, counts)].filter(Boolean).join(' · '))),
    ),
  );
  const all = theme === 'facilities' ? [make('option', { value: '' }, word('all_types'))] : [];
  return all.concat(groups.filter((group) => group.childElementCount));
}

function countTypes() {
  const counts = new Map();
  app.tables.facilities.facility_type.forEach((type) => counts.set(type, (counts.get(type) || 0) + 1));
  return counts;
}

function countText(theme, code, counts) {
  if (theme === 'facilities') return number(counts.get(code));
  if (theme === 'walks') return '';
  const states = statesOf(code);
  if (states.every((state) => state === 'none')) return word('state.none');
  return number(countAt('estates', (i) => isLacking(states[i])));
}

function writeLegend() {
  const theme = THEMES[app.state.theme];
  const [, column, list, note] = document.getElementById('legend').children;
  const when = timeShown();
  const about = [word('theme.' + app.state.theme), when === 'today' ? '' : word('when.' + when)].filter(Boolean);
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
