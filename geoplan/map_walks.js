/* How long is the walk? Minutes to the nearest facility of a type, in the circles of 5, 10, 15 and 30 minutes.
   Minutes are metres at the pace of the type, but where a table says otherwise (slopes); what walls save is said only
   where they save something. */

const MINUTE_STEPS = [5, 10, 15, 30]; // the circles of GB 50180-2018, and twice the last
const MINUTE_FILLS = ['#e8f1d9', '#a8d5a2', '#4ea98f', '#2c6f94', '#2f3d73']; // light to dark: near to far
const UNREACHED = { fill: '#efe7ea', hatch: '#b0607a', stroke: '#8a4a60', width: 1 };
const MINUTES_STROKE = '#5c6b66';

/* Minutes of every estate at the time shown: null where nothing is in reach, undefined where nobody knows. */
function minutesOf(type) {
  const key = type + timeShown();
  app.minutes = app.minutes || new Map();
  if (!app.minutes.has(key)) app.minutes.set(key, readMinutes(type, timeShown()));
  return app.minutes.get(key);
}

function readMinutes(type, time) {
  const { gaps, estates } = app.tables;
  const { pace } = app.types.get(type);
  const minutes = new Array(estates.rows).fill(undefined);
  const [from, to] = app.gapRows.get(type);
  for (let row = from; row < to; row++) {
    const told = time === 'opened' && isKnown(gaps.minutes_opened[row]) ? gaps.minutes_opened[row] : gaps.minutes[row];
    const far = gaps.distance_m[row];
    const none = isKnown(gaps.is_gap[row]) ? null : undefined; // nothing in reach, or nothing known of the type
    minutes[app.estateAt.get(gaps.estate_id[row])] = isKnown(told) ? told : isKnown(far) ? far / pace : none;
  }
  return minutes;
}

function minutesClass(minutes) {
  if (minutes === undefined) return 'none';
  return minutes === null ? 'unreached' : classOf(minutes, MINUTE_STEPS);
}

function minutesStyle(minutes) {
  const kind = minutesClass(minutes);
  if (kind === 'none') return STATES.none;
  return kind === 'unreached' ? UNREACHED : { fill: MINUTE_FILLS[kind], stroke: MINUTES_STROKE, width: 0.8, isFirm: true };
}

function minutesText(minutes) {
  if (minutes === undefined) return word('state.none');
  return minutes === null ? word('unreachable') : quantity(minutes, 'min', minutes < 10 ? 1 : 0);
}

function minutesLegend() {
  const minutes = minutesOf(app.state.type);
  const count = (kind) => countAt('estates', (i) => minutesClass(minutes[i]) === kind);
  const classes = MINUTE_FILLS.map((fill, nth) => ({
    swatch: { fill, stroke: MINUTES_STROKE },
    text: word('in_minutes', { range: rangeText(MINUTE_STEPS, nth, (value) => number(value), 'min') }),
    count: count(nth),
  }));
  const others = [
    { swatch: UNREACHED, text: word('unreachable'), count: count('unreached') },
    { swatch: STATES.none, text: word('state.none'), count: count('none') },
  ];
  return classes.concat(others.filter((item) => item.count > 0));
}

function minutesNote() {
  const { pace } = app.types.get(app.state.type);
  const said = [word('pace', { n: number(pace) })];
  if (app.head.plan.walking === 'straight_line') said.push(word('reach_straight'));
  if (timeShown() === 'opened') said.push(word('opened_note'));
  return said.join('。');
}

/* The mean of an area over its residents; without them, over its estates; null where an estate reaches nothing. */
function meanMinutes(area) {
  const minutes = minutesOf(app.state.type);
  const { residents } = app.tables.estates;
  const members = app.membersOfArea[area];
  if (members.some((i) => minutes[i] === undefined)) return undefined;
  if (members.some((i) => minutes[i] === null)) return null;
  const weights = members.map((i) => (members.every((at) => isKnown(residents[at])) ? residents[i] : 1));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return all ? members.reduce((sum, i, nth) => sum + minutes[i] * weights[nth], 0) / all : undefined;
}

/* Areas that walk longest; those of which an estate reaches nothing come first. */
function minutesLeaders() {
  const means = app.tables.areas.area_id.map((_, i) => meanMinutes(i));
  const longest = Math.max(1, ...means.filter(isKnown));
  return means
    .map((mean, i) => ({ mean, i }))
    .filter(({ mean, i }) => mean !== undefined && passes('areas', i))
    .sort((one, other) => (other.mean === null ? Infinity : other.mean) - (one.mean === null ? Infinity : one.mean) || one.i - other.i)
    .map(({ mean, i }) => ({
      text: shortArea(i),
      beside: app.tables.areas.subdistrict[i],
      value: mean === null ? longest : mean,
      said: mean === null ? word('part_unreachable') : minutesText(mean),
      pick: () => select('areas', i, true),
    }));
}
