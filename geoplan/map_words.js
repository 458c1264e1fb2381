/* How is it said? Words, numbers and labels in the language of the plan. */

function word(key, values) {
  const text = app.head.words[key];
  if (text === undefined) return key;
  return values ? text.replace(/\{(\w+)\}/g, (_, name) => String(values[name])) : text;
}

/* What an object holds under a name that came from the data; `constructor` and its kind are names like any other. */
function held(object, name) {
  return Object.prototype.hasOwnProperty.call(object, name) ? object[name] : undefined;
}

function isKnown(value) {
  return value !== null && value !== undefined && value !== '';
}

function number(value, decimals) {
  if (!isKnown(value)) return word('unknown');
  const [whole, rest] = Math.abs(value)
    .toFixed(decimals || 0)
    .split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return (value < 0 ? '−' : '') + grouped + (rest && Number(rest) ? '.' + rest.replace(/0+$/, '') : '');
}

function quantity(value, unit, decimals) {
  if (!isKnown(value)) return word('unknown');
  const said = unit && app.head.words['unit.' + unit];
  return said ? number(value, decimals) + ' ' + said : number(value, decimals);
}

/* One cell of a table as readers read it: codes by their labels, numbers with their unit, years plain. */
function cell(table, column, row) {
  const value = app.tables[table][column][row];
  if (!isKnown(value)) return word('unknown');
  const [, unit, list] = app.head.headings[table][column];
  if (list) {
    const labelOf = (code) => (list === 'facility_type' ? typeLabel(code) : held(app.head.labels[list], code) || code);
    return value.split('、').map(labelOf).join(word('and'));
  }
  if (unit === 'year') return String(value);
  return typeof value === 'number' ? quantity(value, unit, unit === 'm2' ? 1 : 0) : String(value);
}

function heading(table, column) {
  return app.head.headings[table][column][0];
}

function label(list, code) {
  return isKnown(code) ? held(app.head.labels[list], code) || code : word('unknown');
}

function typeLabel(code) {
  const type = app.types.get(code);
  return type ? type.label : isKnown(code) ? code : word('kind.none');
}

/* The name of a type where there is little room. */
function chipType(code) {
  const type = app.types.get(code);
  return type ? type.short : typeLabel(code);
}

/* The part of a catalogue name that fits a list: 老年人日间照料中心(含托老所) -> 老年人日间照料中心. */
function shortType(code) {
  return typeLabel(code)
    .replace(/[(（][^)）]*[)）]/g, '')
    .trim();
}
