/* What is said of one thing? Elder care, facilities and rules of an area or estate, as short texts and classes. */

function shade(colour, alpha) {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${parts.join(',')},${alpha})`;
}

/* An area's name without the subdistrict in front, where it stands there: 泰山街道 · 朝阳片区 -> 朝阳片区. */
function shortArea(i) {
  const { name: names, subdistrict } = app.tables.areas;
  const front = subdistrict[i] + ' · ';
  return names[i].startsWith(front) ? names[i].slice(front.length) : names[i];
}

function leftOutText(i) {
  const reason = app.tables.estates.left_out[i];
  return isKnown(reason) ? label('left_out', reason) : word('left_out');
}

/* ---- elder care ---- */

/* Square metres short of an area at the time shown. */
function shortOf(area) {
  if (timeShown() !== 'built') return app.tables.areas.elder_short_m2[area];
  const row = app.careAt.get(area);
  return row === undefined ? null : app.tables.care.short_after_m2[row];
}

function careClass(area) {
  const short = shortOf(area);
  if (!isKnown(short)) return 'unknown';
  return short <= 0 ? 'met' : classOf(short, CARE_STEPS);
}

function careFill(kind) {
  if (kind === 'unknown') return { fill: '#eceae5', hatch: '#a9a397', stroke: '#8b8478' };
  return { fill: kind === 'met' ? CARE_MET : CARE_FILLS[kind], stroke: '#33404d' };
}

function careStyle(area) {
  const { fill, hatch } = careFill(careClass(area));
  return { fill, hatch, isFirm: true };
}

function careText(area) {
  const kind = careClass(area);
  if (kind === 'met') return word('care.none');
  return kind === 'unknown' ? word('unknown') : word('short') + ' ' + quantity(shortOf(area), 'm2');
}

function careLegend() {
  const count = (kind) => countAt('areas', (i) => careClass(i) === kind);
  const said = (value) => number(value);
  return [{ swatch: careFill('met'), text: word('care.none'), count: count('met') }]
    .concat(
      CARE_FILLS.map((_, nth) => ({
        swatch: careFill(nth),
        text: word('care.short', { range: rangeText(CARE_STEPS, nth, said, 'm2') }),
        count: count(nth),
      })),
    )
    .concat([{ swatch: careFill('unknown'), text: word('care.unknown'), count: count('unknown') }])
    .filter((item) => item.count || typeof item.swatch.hatch === 'undefined')
    .concat(pointLegend('elder', word('care_points'), isElderRoom), statusLegend(isElderRoom, 'elder'));
}

/* Class bounds: the steps of a ladder of round numbers nearest to given shares of the values above nought. */
function stepsOf(values, shares, ladder) {
  const sorted = values.filter((value) => value > 0).sort((one, other) => one - other);
  if (!sorted.length) return [];
  const near = (value) =>
    ladder.reduce((best, step) => (Math.abs(step - value) < Math.abs(best - value) ? step : best));
  const steps = new Set(shares.map((share) => near(sorted[Math.floor(share * sorted.length)])));
  return [...steps].sort((one, other) => one - other);
}

function isElderRoom(i) {
  const { facility_type: type, elder_area_m2: rooms } = app.tables.facilities;
  return rooms[i] > 0 || kindOfType(type[i]) === 'elder';
}

/* ---- facilities ---- */

function kindOfType(code) {
  const type = app.types.get(code);
  return type ? type.kind : 'none';
}

function kindOfFacility(i) {
  return kindOfType(app.tables.facilities.facility_type[i]);
}

function kindLabel(kind) {
  return kind === 'none' ? word('kind.none') : label('facility_kind', kind);
}

function symbolOf(kind, status, radius) {
  const symbol = KIND_SYMBOLS[kind];
  if (status === 'closed') return { form: symbol.form, fill: '#ffffff', ring: '#8d8a85', ringWidth: 1.4, radius };
  if (status !== 'existing') return { form: symbol.form, fill: '#ffffff', ring: symbol.fill, ringWidth: 2, radius };
  return { form: symbol.form, fill: symbol.fill, ring: '#ffffff', ringWidth: 1.1, radius };
}

/* What plans are made for over what there is much of: elder care last. */
function paintFacilities(view, shows, kindOf = kindOfFacility) {
  const radius = pointRadius(view);
  const { status } = app.tables.facilities;
  for (const kind of Object.keys(KIND_SYMBOLS).reverse()) {
    const size = radius * KIND_SYMBOLS[kind].size;
    paintPoints(view, 'facilities', (i) => (shows(i) && kindOf(i) === kind ? symbolOf(kind, status[i], size) : null));
  }
}

function pointLegend(kind, text, shows) {
  const count = app.tables.facilities.status.reduce((sum, _, i) => sum + (shows(i) ? 1 : 0), 0);
  return count ? [{ symbol: symbolOf(kind, 'existing', 6.5), text, count }] : [];
}

function statusLegend(shows, of = 'none') {
  const { status } = app.tables.facilities;
  const kinds = new Set(
    status.map((code, i) => (shows(i) ? (code === 'existing' || code === 'closed' ? code : 'coming') : null)),
  );
  return ['coming', 'closed']
    .filter((kind) => kinds.has(kind))
    .map((kind) => ({ symbol: symbolOf(of, kind, 6.5), text: word('point.' + kind), count: null }));
}

/* ---- what leads ---- */

function ranked(table, values, unit) {
  return values
    .map((value, i) => ({ value, i }))
    .filter(({ value, i }) => isKnown(value) && passes(table, i))
    .sort((one, other) => other.value - one.value || one.i - other.i)
    .map(({ value, i }) => ({
      text: table === 'areas' ? shortArea(i) : app.tables[table].name[i],
      beside: table === 'areas' ? app.tables.areas.subdistrict[i] : '',
      value,
      said: quantity(value, unit),
      pick: () => select(table, i, true),
    }));
}

/* The hard rules of eligibility that most estates fail, then those that most leave open. */
function clauseLeaders() {
  const table = app.tables.verdicts;
  const rules = new Map();
  for (let row = 0; row < table.rows; row++) {
    if (!passes('estates', app.estateAt.get(table.estate_id[row]))) continue;
    if (table.stage[row] !== 'eligibility' || table.strength[row] !== 'hard') continue;
    const rule = rules.get(table.rule_id[row]) || { row, failed: 0, open: 0 };
    rules.set(table.rule_id[row], rule);
    if (table.result[row] === 'fail') rule.failed++;
    else rule.open++;
  }
  return [...rules.values()]
    .sort((one, other) => other.failed - one.failed || other.open - one.open)
    .map(({ row, failed, open }) => ({
      text: ruleText(row),
      value: failed + open,
      said: '',
      title: ruleTitle(row),
      under: clauseText(row) + ' · ' + word('failed_open', { failed: number(failed), open: number(open) }),
    }));
}

/* Why estates stand outside every area. */
function leftOutReasons() {
  const { left_out: reasons } = app.tables.estates;
  const counts = new Map();
  reasons.forEach((reason, i) => {
    if (app.areaOfEstate[i] < 0 && passes('estates', i)) counts.set(reason, (counts.get(reason) || 0) + 1);
  });
  const rows = [...counts]
    .sort((one, other) => other[1] - one[1])
    .map(([reason, count]) =>
      make(
        'li',
        {},
        make('span', {}, isKnown(reason) ? label('left_out', reason) : word('left_out')),
        make('span', { className: 'said' }, quantity(count, 'count')),
      ),
    );
  return rows.length ? section(word('why_left_out'), listed(rows, 10)) : null;
}

function toVerify() {
  const { eligibility, households, name: names } = app.tables.estates;
  const rows = eligibility
    .map((_, i) => i)
    .filter((i) => eligibility[i] === 'unknown' && passes('estates', i))
    .sort((one, other) => (households[other] || 0) - (households[one] || 0) || one - other)
    .map((i) =>
      make(
        'li',
        {},
        link('estates', i, names[i]),
        make('span', { className: 'said' }, quantity(households[i], 'households')),
      ),
    );
  return rows.length ? section(word('to_verify') + ` (${rows.length})`, listed(rows, 10)) : null;
}

/* ---- rules ---- */

/* What a rule asks, in its own words where we have them. */
function ruleText(row) {
  const { rule_id: id, param } = app.tables.verdicts;
  const rule = held(app.head.rules, id[row]);
  return rule ? rule.quote : held(app.head.params, param[row]) || param[row];
}

function ruleTitle(row) {
  const rule = held(app.head.rules, app.tables.verdicts.rule_id[row]);
  return rule ? rule.title : '';
}

function clauseText(row) {
  const { rule_id: id, document: of, clause } = app.tables.verdicts;
  const rule = held(app.head.rules, id[row]);
  return word('clause', {
    document: (rule && (rule.number || '《' + rule.title + '》')) || of[row],
    clause: clause[row],
  });
}
