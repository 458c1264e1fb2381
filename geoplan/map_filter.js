/* Which estates and areas are asked about? A subdistrict, a plan year, a status; figures, lists and colours follow.
   An estate outside every area passes no year. An area passes where one of its estates does. */

const FILTERS = ['subdistrict', 'year', 'status'];
const STATUSES = ['eligibility', 'plan_entry'];
const NO_YEAR = 'none';

function startFilter() {
  for (const asked of FILTERS) {
    const select = document.getElementById('only-' + asked);
    select.setAttribute('aria-label', word('only.' + asked));
    const options = FILTER_OPTIONS[asked]();
    select.hidden = options.length === 0;
    fill(select, make('option', { value: '' }, word('only.' + asked)), ...options);
    select.addEventListener('change', () => ask({ ...app.state.only, [asked]: select.value }));
  }
  const clear = document.getElementById('clear');
  clear.textContent = word('clear');
  clear.addEventListener('click', () => ask({}));
}

/* The map shows the whole of what is asked about, where there is any. */
function ask(only) {
  change({ only });
  showOpening();
}

const FILTER_OPTIONS = {
  subdistrict() {
    const names = [...new Set(app.tables.estates.subdistrict.filter(isKnown))].sort();
    return names.map((text) => make('option', { value: text }, text));
  },
  year() {
    const years = [...new Set(app.tables.areas.plan_year.filter(isKnown))].sort();
    if (!years.length) return [];
    return [...years.map((year) => [String(year), word('in_year', { year })]), [NO_YEAR, word('in_no_year')]].map(
      ([value, text]) => make('option', { value }, text),
    );
  },
  status: () =>
    STATUSES.map((column) => {
      const met = new Set(app.tables.estates[column]);
      const codes = Object.keys(app.head.labels[column]).filter((code) => met.has(code));
      const option = (code) => make('option', { value: column + ':' + code }, label(column, code));
      return codes.length ? make('optgroup', { label: heading('estates', column) }, ...codes.map(option)) : null;
    }).filter(Boolean),
};

function filterBy(only) {
  app.state.only = only;
  applyFilter();
  writeHeadline();
  showFilter();
}

function isFiltered() {
  return FILTERS.some((asked) => app.state.only[asked]);
}

function applyFilter() {
  const { estates, areas } = app.tables;
  const { subdistrict, year, status } = app.state.only;
  const [column, code] = (status || ':').split(':');
  const yearOf = (area) => (isKnown(areas.plan_year[area]) ? String(areas.plan_year[area]) : NO_YEAR);
  app.passing = { areas: new Array(areas.rows).fill(!isFiltered()), estates: new Array(estates.rows).fill(true) };
  if (!isFiltered()) return;
  for (let i = 0; i < estates.rows; i++) {
    const area = app.areaOfEstate[i];
    const isIn =
      (!subdistrict || estates.subdistrict[i] === subdistrict) &&
      (!year || (area >= 0 && yearOf(area) === year)) &&
      (!code || !STATUSES.includes(column) || estates[column][i] === code);
    app.passing.estates[i] = isIn;
    if (isIn && area >= 0) app.passing.areas[area] = true;
  }
}

/* Whether a thing is among those asked about; facilities and sites always are. */
function passes(layer, i) {
  const passing = app.passing[layer];
  if (passing) return passing[i];
  if (layer !== 'openings') return true;
  const area = app.areaAt.get(app.tables.openings.area_id[i]);
  return area === undefined || app.passing.areas[area];
}

function showFilter() {
  for (const asked of FILTERS) {
    const select = document.getElementById('only-' + asked);
    select.value = app.state.only[asked] || '';
    select.classList.toggle('chosen', Boolean(select.value));
  }
  document.getElementById('clear').hidden = !isFiltered();
}

/* How many of a layer pass and have a value. */
function countOf(values, wanted, layer) {
  return values.reduce((sum, value, i) => sum + (value === wanted && (!layer || passes(layer, i)) ? 1 : 0), 0);
}

function countAt(layer, test) {
  let count = 0;
  for (let i = 0; i < app.tables[layer].rows; i++) if (passes(layer, i) && test(i)) count++;
  return count;
}
