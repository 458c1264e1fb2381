/* What are all the numbers? Areas or estates as a table that sorts by any column and jumps to the map. */

const TABLES = {
  areas: [
    'name', 'subdistrict', 'estates', 'households', 'residents', 'elder_short_m2', 'rank', 'score', 'plan_year', 'amount_yuan',
  ],
  estates: ['name', 'subdistrict', 'area', 'completion_year', 'households', 'residents', 'eligibility', 'plan_entry'],
};
const ROWS_AT_ONCE = 200;

function startTable() {
  app.sorted = { table: 'areas', column: 'name', isUp: true, shown: ROWS_AT_ONCE };
  const button = document.getElementById('as-table');
  button.textContent = word('table');
  button.addEventListener('click', () => showTable(document.getElementById('table').hidden));
}

function showTable(isShown) {
  document.getElementById('table').hidden = !isShown;
  document.getElementById('as-table').setAttribute('aria-pressed', String(isShown));
  if (isShown) writeTable();
}

function writeTable() {
  const box = document.getElementById('table');
  if (box.hidden) return;
  const { table, column, isUp, shown } = app.sorted;
  const columns = TABLES[table].filter((of) => of === 'area' || app.tables[table][of].some(isKnown));
  const rows = sortedRows(table, column, isUp);
  const head = make('tr', {}, ...columns.map((of) => make('th', sortState(of), sortButton(of))));
  const body = rows.slice(0, shown).map((i) => make('tr', {}, ...columns.map((of) => tableCell(table, of, i))));
  const more = rows.length > shown ? make('button', { type: 'button', className: 'link', click: showMore }, word('rank.more', { n: number(rows.length - shown) })) : null;
  fill(
    box,
    make('div', { className: 'tabs' }, ...Object.keys(TABLES).map(tableTab), make('span', { className: 'said' }, quantity(rows.length, 'count'))),
    make('table', {}, make('thead', {}, head), make('tbody', {}, ...body)),
    more,
  );
}

function showMore() {
  app.sorted.shown += ROWS_AT_ONCE;
  writeTable();
}

function tableTab(table) {
  const isOn = app.sorted.table === table;
  return make(
    'button',
    { type: 'button', className: isOn ? 'on' : '', 'aria-pressed': String(isOn), click: () => sortBy({ table, column: 'name', isUp: true }) },
    word(table === 'areas' ? 'area' : 'estate'),
  );
}

function sortState(column) {
  const isNumber = column !== 'area' && app.tables[app.sorted.table][column].some((value) => typeof value === 'number');
  const said = { scope: 'col', className: isNumber ? 'number' : '' };
  if (app.sorted.column !== column) return said;
  return { ...said, 'aria-sort': app.sorted.isUp ? 'ascending' : 'descending' };
}

function sortButton(column) {
  const { table, column: by, isUp } = app.sorted;
  const text = column === 'area' ? word('area') : heading(table, column);
  const unit = column === 'area' ? '' : app.head.words['unit.' + app.head.headings[table][column][1]];
  const mark = by === column ? (isUp ? ' ▲' : ' ▼') : '';
  return make(
    'button',
    { type: 'button', 'data-column': column, click: () => sortBy({ column, isUp: by === column ? !isUp : true }, column) },
    text,
    unit && unit !== '年' ? make('small', {}, ' ' + unit) : null,
    mark,
  );
}

function sortBy(said, focus) {
  Object.assign(app.sorted, said, { shown: ROWS_AT_ONCE });
  writeTable();
  const button = focus && document.querySelector(`#table [data-column="${focus}"]`);
  if (button) button.focus();
}

function valueAt(table, column, i) {
  if (column !== 'area') return app.tables[table][column][i];
  return app.areaOfEstate[i] < 0 ? null : app.tables.areas.name[app.areaOfEstate[i]];
}

/* Rows that pass the filter; unknown values stand last either way. */
function sortedRows(table, column, isUp) {
  const rows = [];
  for (let i = 0; i < app.tables[table].rows; i++) if (passes(table, i)) rows.push(i);
  const sign = isUp ? 1 : -1;
  const order = new Intl.Collator('zh-CN', { numeric: true });
  return rows.sort((one, other) => {
    const [a, b] = [valueAt(table, column, one), valueAt(table, column, other)];
    if (isKnown(a) !== isKnown(b)) return isKnown(a) ? -1 : 1;
    if (!isKnown(a)) return one - other;
    return sign * (typeof a === 'number' ? a - b : order.compare(a, b)) || one - other;
  });
}

function tableCell(table, column, i) {
  const value = valueAt(table, column, i);
  if (column === 'name') {
    const jump = () => {
      showTable(false);
      select(table, i, true);
    };
    return make('th', { scope: 'row' }, make('button', { type: 'button', className: 'link', click: jump }, name(value)));
  }
  if (column === 'area') return make('td', {}, isKnown(value) ? name(value) : leftOutText(i));
  const isNumber = typeof value === 'number';
  const isOfNumbers = sortState(column).className;
  if (!isKnown(value)) return make('td', { className: 'empty ' + isOfNumbers }, column === 'plan_year' ? word('in_no_year') : word('unknown'));
  if (app.head.headings[table][column][2]) return make('td', {}, label(app.head.headings[table][column][2], value));
  const text = app.head.headings[table][column][1] === 'year' ? value : isNumber ? number(value, column === 'score' ? 1 : 0) : name(value);
  return make('td', { className: isOfNumbers }, text);
}
