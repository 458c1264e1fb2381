/* What does it cost, who pays, when is it done? Works, sources, years and deadlines of areas. */

const BY = ['plan_year', 'score', 'amount_yuan'];
const YEAR_FILLS = ['#4b2a7b', '#2f6f9f', '#2a9d8f', '#8bc34a', '#e9d84a']; // first year to last; told apart by lightness
const LATER = '#f6efb0';
const UNPLANNED = { fill: '#eceae5', hatch: '#c4bfb4', stroke: '#8b8478' };
const CLASS_FILLS = ['#e8eef7', '#b9cfe8', '#7fa8d4', '#3f77b0', '#174a80'];
const CLASS_STEPS = { score: [20, 40, 60, 80], amount_yuan: [5e6, 1e7, 2e7, 5e7] }; // stated, so that two runs compare

function hasProgramme() {
  return BY.some((column) => app.tables.areas[column].some(isKnown));
}

function moneyParts(yuan) {
  const big = Number(word('money_big'));
  return [number(yuan / big, yuan < 100 * big ? 1 : 0), 'money'];
}

function money(yuan) {
  return isKnown(yuan) ? moneyParts(yuan)[0] + ' ' + word('unit.money') : word('unknown');
}

/* ---- the theme ---- */

function byShown() {
  const { by } = app.state;
  const { areas } = app.tables;
  return areas[by].some(isKnown) ? by : BY.find((column) => areas[column].some(isKnown)) || 'plan_year';
}

function hasYears() {
  return app.tables.areas.plan_year.some(isKnown);
}

function yearText(area) {
  const year = app.tables.areas.plan_year[area];
  if (!hasYears()) return '';
  return isKnown(year) ? word('in_year', { year }) : word('in_no_year');
}

function yearsMet() {
  return [...new Set(app.tables.areas.plan_year.filter(isKnown))].sort();
}

/* A year's colour is its place after the first year of the plan, whichever areas there are. */
function yearFill(year) {
  return YEAR_FILLS[Math.max(0, year - app.head.plan.year)] || LATER;
}

function programmeStyle(area) {
  const by = byShown();
  const value = app.tables.areas[by][area];
  if (!isKnown(value)) return { ...UNPLANNED, isFirm: true };
  if (by === 'plan_year') return { fill: yearFill(value), isFirm: true };
  return { fill: CLASS_FILLS[classOf(value, CLASS_STEPS[by])], isFirm: true };
}

function classOf(value, steps) {
  const nth = steps.findIndex((step) => value <= step);
  return nth < 0 ? steps.length : nth;
}

function programmeLegend() {
  const by = byShown();
  const values = app.tables.areas[by];
  const swatchFor = (fill) => ({ fill, stroke: BORDER.stroke });
  const unknown = {
    swatch: UNPLANNED,
    text: word(by === 'plan_year' ? 'in_no_year' : 'unknown'),
    count: countAt('areas', (i) => !isKnown(values[i])),
  };
  const said = (value) => (by === 'score' ? number(value) : money(value));
  const items =
    by === 'plan_year'
      ? yearsMet().map((year) => ({
          swatch: swatchFor(yearFill(year)),
          text: word('in_year', { year }),
          count: countOf(values, year, 'areas'),
        }))
      : CLASS_FILLS.map((fill, nth) => ({
          swatch: swatchFor(fill),
          text: rangeText(CLASS_STEPS[by], nth, said),
          count: countAt('areas', (i) => isKnown(values[i]) && classOf(values[i], CLASS_STEPS[by]) === nth),
        }));
  return items.concat(unknown).filter((item) => item.count > 0);
}

/* A class of values in words; the unit stands once. */
function rangeText(steps, nth, said, unit = '') {
  const of = unit && ' ' + word('unit.' + unit);
  if (nth === 0) return word('range.upto', { b: said(steps[0]) + of });
  if (nth === steps.length) return word('range.above', { a: said(steps[nth - 1]) + of });
  return word('range.between', { a: said(steps[nth - 1]), b: said(steps[nth]) + of });
}

function programmeLeaders() {
  const { areas } = app.tables;
  const by = byShown();
  const order = {
    plan_year: (i) => [isKnown(areas.plan_year[i]) ? areas.plan_year[i] : Infinity, areas.rank[i] || Infinity],
    score: (i) => [-areas.score[i]],
    amount_yuan: (i) => [-(areas.amount_yuan[i] || 0)],
  }[by];
  return areas.area_id
    .map((_, i) => i)
    .filter((i) => passes('areas', i))
    .sort((one, other) => compareLists(order(one), order(other)) || one - other)
    .map((i) => ({
      text: shortArea(i),
      beside: isKnown(areas.plan_year[i]) ? String(areas.plan_year[i]) : word('in_no_year'),
      value: (by === 'score' ? areas.score[i] : areas.amount_yuan[i]) || 0,
      said: by === 'score' ? number(areas.score[i], 1) : money(areas.amount_yuan[i]),
      pick: () => select('areas', i, true),
    }));
}

function compareLists(one, other) {
  const at = one.findIndex((value, nth) => value !== other[nth]);
  return at < 0 ? 0 : one[at] < other[at] ? -1 : 1;
}

function programmeLine(i) {
  const { areas } = app.tables;
  const by = byShown();
  if (by === 'plan_year') return yearText(i);
  return by === 'score' ? word('points', { n: number(areas.score[i], 1) }) : money(areas.amount_yuan[i]);
}

/* Each year in one line: areas, households, money. */
function sumsOfYears() {
  const { areas } = app.tables;
  const years = yearsMet().map((year) => [year, (i) => areas.plan_year[i] === year]);
  const rows = years
    .concat([[word('in_no_year'), (i) => !isKnown(areas.plan_year[i])]])
    .map(([year, isOf]) => [year, (i) => isOf(i) && passes('areas', i)])
    .filter(([, isOf]) => areas.area_id.some((_, i) => isOf(i)))
    .map(([year, isOf]) => {
      const count = areas.area_id.filter((_, i) => isOf(i)).length;
      const yuan = areas.amount_yuan.some((value, i) => isOf(i) && isKnown(value)) ? sumOf(areas.amount_yuan, isOf) : null;
      const said = [quantity(sumOf(areas.households, isOf), 'households'), isKnown(yuan) ? money(yuan) : ''];
      return make(
        'li',
        {},
        make('span', {}, String(year) + ' · ' + word('areas_count', { n: number(count) })),
        make('span', { className: 'said' }, said.filter(Boolean).join(' · ')),
      );
    });
  return section(word('sums_of_years'), make('ul', { className: 'rows' }, ...rows));
}

/* ---- of an area ---- */

function moneyOfArea(area) {
  const { areas, works, funding } = app.tables;
  const workRows = app.worksOfArea.get(area) || [];
  const fundingRows = app.fundingOfArea.get(area) || [];
  if (!isKnown(areas.amount_yuan[area]) && !workRows.length && !fundingRows.length) return null;
  const low = workRows.every((row) => isKnown(works.low_yuan[row])) ? sumRows(works.low_yuan, workRows) : null;
  const high = workRows.every((row) => isKnown(works.high_yuan[row])) ? sumRows(works.high_yuan, workRows) : null;
  return section(
    word('money'),
    make('p', { className: 'sum' }, money(areas.amount_yuan[area])),
    isKnown(low) && isKnown(high) && high > low
      ? make('p', { className: 'why' }, word('money_range', { a: money(low), b: money(high) }))
      : null,
    ...sumsBy('funding', fundingRows, (row) => label('funding_source', funding.source[row]), 'money_sources'),
    ...sumsBy('works', workRows, (row) => contentClass(works.content_class[row]), 'money_works'),
  );
}

function contentClass(code) {
  return code ? label('content_class', code) : word('no_class');
}

function sumRows(values, rows) {
  return rows.reduce((sum, row) => sum + (values[row] || 0), 0);
}

/* Rows summed by what they are called, the largest first, with the clauses they rest on. */
function sumsBy(table, rows, nameOf, title) {
  const groups = new Map();
  for (const row of rows) {
    const of = groups.get(nameOf(row)) || { yuan: 0, unknown: 0, clauses: new Set() };
    groups.set(nameOf(row), of);
    if (isKnown(app.tables[table].amount_yuan[row])) of.yuan += app.tables[table].amount_yuan[row];
    else of.unknown++;
    if (isKnown(app.tables[table].clause[row])) of.clauses.add(app.tables[table].clause[row]);
  }
  if (!groups.size) return [];
  const sorted = [...groups].sort((one, other) => other[1].yuan - one[1].yuan);
  const most = Math.max(1, ...sorted.map(([, of]) => of.yuan));
  const items = sorted.map(([text, of]) => {
    const bar = make('span', { className: 'bar' });
    bar.style.width = (100 * of.yuan) / most + '%';
    const said = of.unknown && !of.yuan ? word('unknown') : money(of.yuan);
    return make(
      'li',
      { className: 'barred paid' },
      make('span', {}, text, ...[...of.clauses].slice(0, 3).map(clauseMark)),
      make('span', { className: 'said' }, said),
      bar,
    );
  });
  return [make('h4', {}, word(title)), listed(items, 8)];
}

/* When an area is done, and why then. */
function yearOfArea(area) {
  const { areas, programme } = app.tables;
  const row = app.programmeAt.get(area);
  if (row === undefined && !isKnown(areas.plan_year[area])) return null;
  const known = (column) => row !== undefined && isKnown(programme[column][row]);
  const pair = (column) => (known(column) ? [heading('programme', column), cell('programme', column, row)] : null);
  const blocking = known('blocking_estates') ? programme.blocking_estates[row].split('、') : [];
  return section(
    word('theme.programme'),
    make(
      'p',
      { className: 'sum' },
      isKnown(areas.plan_year[area]) ? word('in_year', { year: areas.plan_year[area] }) : word('in_no_year'),
    ),
    facts(pair('batch'), pair('reason'), pair('binding_caps')),
    blocking.length ? make('h4', {}, heading('programme', 'blocking_estates')) : null,
    blocking.length ? listed(blocking.map(blockingRow), 6) : null,
    ...milestonesOf(area),
    ...pointsOf(area),
  );
}

function blockingRow(id) {
  const estate = app.estateAt.get(id);
  return make('li', {}, estate === undefined ? name(id) : link('estates', estate, app.tables.estates.name[estate]));
}

function milestonesOf(area) {
  const { milestones } = app.tables;
  const rows = (app.milestonesOfArea.get(area) || [])
    .filter((row) => milestones.pace[row] !== 'report' && isKnown(milestones.due_date[row]))
    .sort((one, other) => (milestones.due_date[one] < milestones.due_date[other] ? -1 : 1));
  const items = rows.map((row) =>
    make(
      'li',
      { className: 'paid' },
      make('span', {}, cell('milestones', 'milestone', row), clauseMark(milestones.clause[row])),
      make('span', { className: 'said' }, milestones.due_date[row]),
    ),
  );
  return items.length ? [make('h4', {}, word('milestones')), listed(items, 8)] : [];
}

function pointsOf(area) {
  const { ranking, areas } = app.tables;
  const rows = app.rankingOfArea.get(area) || [];
  if (!rows.length) return [];
  const items = rows.map((row) =>
    make(
      'li',
      {},
      make('span', {}, label('criterion', ranking.criterion[row])),
      make('span', { className: 'said' }, number(ranking.points[row], 1) + ' / ' + number(100 * ranking.weight[row], 1)),
    ),
  );
  return [make('h4', {}, heading('areas', 'score') + ' ' + number(areas.score[area], 1)), listed(items, 8)];
}

/* A clause: its words stand in the title, and below it after a click or Enter. */
function clauseMark(clause) {
  if (!isKnown(clause)) return null;
  const rule = ruleCited(clause);
  const text = clause.replace(/\s*\[[^\]]*\]$/, '');
  if (!rule) return make('small', { className: 'clause' }, text);
  const quote = make('q', {}, rule.quote);
  quote.hidden = true;
  const button = make(
    'button',
    {
      type: 'button',
      className: 'clause',
      title: rule.title + '：' + rule.quote,
      'aria-expanded': 'false',
      click: () => {
        quote.hidden = !quote.hidden;
        button.setAttribute('aria-expanded', String(!quote.hidden));
      },
    },
    text,
  );
  return make('span', { className: 'cited' }, button, quote);
}

function ruleCited(clause) {
  const found = /\[([^[\]]+)\]$/.exec(clause);
  return found ? held(app.head.rules, found[1]) : undefined;
}
