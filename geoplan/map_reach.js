/* How far does one come on foot? Isochrones of what is selected, where the plan has them: the farthest lies lowest. */

const ORIGINS = { areas: ['area', 'area_id'], estates: ['estate', 'estate_id'], facilities: ['facility', 'facility_id'] };
const REACH_FILLS = ['rgba(31, 95, 153, 0.12)', 'rgba(31, 95, 153, 0.1)', 'rgba(31, 95, 153, 0.1)']; // they add up
const REACH_STROKE = '#1f5f99';

/* Rows of the isochrones of something, the farthest first. */
function reachOf(selected) {
  const origin = selected && ORIGINS[selected.layer];
  const { isochrones } = app.tables;
  if (!origin || !isochrones.rows) return [];
  const [kind, key] = origin;
  const id = app.tables[selected.layer][key][selected.i];
  const rows = [];
  for (let row = 0; row < isochrones.rows; row++)
    if (isochrones.kind[row] === kind && isochrones.origin_id[row] === id) rows.push(row);
  return rows.sort((one, other) => isochrones.minutes[other] - isochrones.minutes[one]);
}

function reachStyle(nth, count) {
  const step = Math.min(count - 1 - nth, REACH_FILLS.length - 1);
  return { fill: REACH_FILLS[step], stroke: REACH_STROKE, width: 2.2, dash: step ? [6, 4] : [], isFirm: true };
}

function paintReach(view) {
  const rows = reachOf(app.state.selected);
  rows.forEach((row, nth) => paintShape(view, app.shapes.isochrones, row, reachStyle(nth, rows.length)));
}

function reachSection(selected) {
  const rows = reachOf(selected);
  if (!rows.length) return null;
  const { isochrones } = app.tables;
  const lines = rows.map((row, nth) =>
    make(
      'li',
      {},
      swatchOf({ swatch: reachStyle(nth, rows.length) }),
      make('span', {}, word('in_minutes', { range: quantity(isochrones.minutes[row], 'min', 0) })),
      make('span', { className: 'count' }, quantity(isochrones.hectares[row], 'ha', 0)),
    ),
  );
  return section(word('reach_of.' + isochrones.walker[rows[0]]), make('ul', { className: 'reach' }, ...lines.reverse()));
}
