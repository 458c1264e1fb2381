/* Who lacks what, and when? States of estates and areas by facility type: today, with walls open, with the plan built. */

const TIMES = ['today', 'opened', 'built'];

/* Rows of a type follow each other in the table; the states of a type are read when they are first asked for. */
function indexGaps() {
  const { gaps } = app.tables;
  app.gapRows = new Map();
  app.gapStates = new Map();
  const types = gaps.facility_type;
  for (let row = 0; row < gaps.rows; row++) {
    if (row && types[row] === types[row - 1]) continue;
    app.gapRows.set(types[row], [row, gaps.rows]);
    if (row) app.gapRows.get(types[row - 1])[1] = row;
  }
  app.gapTypes = app.head.types.map((type) => type.code).filter((code) => app.gapRows.has(code));
  const isTold = (code) => {
    const [from, to] = app.gapRows.get(code);
    for (let row = from; row < to; row++) if (isKnown(gaps.is_gap[row])) return true;
    return false;
  };
  app.state.type = app.gapTypes.find(isTold) || app.gapTypes[0] || '';
}

function gapsOf(type) {
  if (!app.gapStates.has(type)) app.gapStates.set(type, readGaps(type));
  return app.gapStates.get(type);
}

function readGaps(type) {
  const { gaps, estates } = app.tables;
  const nothing = () => new Array(estates.rows).fill('none');
  const of = { today: nothing(), opened: nothing(), built: nothing(), distances: [], limits: [], standard: '' };
  const [from, to] = app.gapRows.get(type);
  for (let row = from; row < to; row++) {
    const estate = app.estateAt.get(gaps.estate_id[row]);
    if (isKnown(gaps.is_gap[row])) of.today[estate] = gaps.is_gap[row] ? 'gap' : 'covered';
    of.opened[estate] = stateAfter(of.today[estate], gaps.is_gap_opened[row], 'opened');
    const isBuilt = of.opened[estate] === 'still' || of.opened[estate] === 'gap';
    of.built[estate] = isBuilt ? stateAfter('gap', gaps.is_gap_after[row], 'built') : of.opened[estate];
    of.distances[estate] = gaps.distance_m[row];
    of.limits[estate] = gaps.limit_m[row];
  }
  return of;
}

/* What becomes of an estate's state; what nobody can tell stays as it is. */
function stateAfter(state, isStill, closing) {
  if (state !== 'gap' || !isKnown(isStill)) return state;
  return isStill ? 'still' : closing;
}

/* The times that make a difference in a theme. */
function timesOf(theme) {
  const hasWalls = app.tables.openings.rows > 0;
  const isBuilt = app.tables.sitings.rows > 0;
  if (theme === 'gaps') return TIMES.filter((time) => time === 'today' || (time === 'opened' ? hasWalls : isBuilt));
  if (theme === 'walks' && hasWalls) return ['today', 'opened'];
  return theme === 'care' && isBuilt ? ['today', 'built'] : ['today'];
}

/* The time shown: that chosen, where the theme knows it. */
function timeShown() {
  return timesOf(app.state.theme).includes(app.state.when) ? app.state.when : 'today';
}

function statesOf(type) {
  return gapsOf(type)[timeShown()];
}

function isLacking(state) {
  return state === 'gap' || state === 'still';
}

function gapText(type, estate) {
  const { distances, limits } = gapsOf(type);
  const state = statesOf(type)[estate];
  if (state === 'none') return word('state.none');
  if (state !== 'gap' && state !== 'covered') return word('state.' + state);
  const far = isKnown(distances[estate]) ? quantity(distances[estate], 'm') : word('unreachable');
  return far + ' / ' + word('limit', { m: number(limits[estate]) });
}

/* ---- areas ---- */

/* What closes the gap of an area (a row of area_gaps): opened (walls), built (the plan), or nothing. */
function closingOf(row) {
  const { is_gap: isGap, is_gap_opened: isOpened, is_gap_after: isAfter } = app.tables.area_gaps;
  if (isGap[row] !== true) return '';
  if (isOpened[row] === false) return 'opened';
  return isAfter[row] === false ? 'built' : '';
}

/* Whether the gap of an area is closed at the time shown. */
function isClosed(row) {
  const closing = closingOf(row);
  return closing !== '' && TIMES.indexOf(closing) <= TIMES.indexOf(timeShown());
}

function closingChip(row) {
  const closing = closingOf(row);
  return closing ? chip('closing ' + closing, word('state.' + closing)) : null;
}

function rowOfGap(area, type) {
  const types = app.tables.area_gaps.facility_type;
  return (app.gapsOfArea.get(area) || []).find((row) => types[row] === type);
}

function areaGapText(area, type) {
  const isGap = app.tables.area_gaps.is_gap;
  const row = rowOfGap(area, type);
  if (row === undefined || !isKnown(isGap[row])) return word('state.none');
  if (!isGap[row]) return word('state.covered');
  return isClosed(row) ? word('state.' + closingOf(row)) : uncoveredText(row);
}

/* Residents of an area not covered at the time shown; null where those of one estate are unknown. */
function uncoveredAfter(area, type) {
  const { residents } = app.tables.estates;
  const states = statesOf(type);
  const people = app.membersOfArea[area].filter((estate) => isLacking(states[estate])).map((i) => residents[i]);
  return people.every(isKnown) ? people.reduce((sum, value) => sum + value, 0) : null;
}

function uncoveredText(row) {
  if (timeShown() === 'today') return uncoveredToday(row);
  const { area_id: areas, facility_type: types } = app.tables.area_gaps;
  const left = uncoveredAfter(app.areaAt.get(areas[row]), types[row]);
  return isKnown(left) ? quantity(left, 'persons') : word('uncovered_plain');
}

function uncoveredToday(row) {
  const { uncovered_residents: people, uncovered_share: share } = app.tables.area_gaps;
  if (!isKnown(people[row]) || !isKnown(share[row])) return word('uncovered_plain');
  return word('uncovered', { n: number(people[row]), share: number(share[row] * 100, 0) });
}

/* Areas whose gap of the type chosen is closed at the time shown. */
function closingAreas() {
  const { area_id: areas, facility_type: types, uncovered_residents: people } = app.tables.area_gaps;
  if (timeShown() === 'today') return null;
  const rows = areas
    .map((_, row) => row)
    .filter((row) => types[row] === app.state.type && isClosed(row) && passes('areas', app.areaAt.get(areas[row])))
    .map((row) =>
      make(
        'li',
        {},
        link('areas', app.areaAt.get(areas[row]), shortArea(app.areaAt.get(areas[row]))),
        make('span', { className: 'said' }, quantity(people[row], 'persons')),
      ),
    );
  return rows.length ? section(word('gaps_closing') + ` (${rows.length})`, listed(rows, 10)) : null;
}
