/* What are the numbers? The panel at the right: of what is selected, or else what leads in the theme.
   All text goes in as text nodes; a name can be anything and stays a name. */

function make(tag, options, ...children) {
  const node = document.createElement(tag);
  const { className, title, click, ...attributes } = options || {};
  if (className) node.className = className;
  if (title) node.title = title;
  if (click) node.addEventListener('click', click);
  for (const name of Object.keys(attributes)) node.setAttribute(name, attributes[name]);
  for (const child of children) {
    if (child === null || child === undefined || child === '') continue;
    node.appendChild(typeof child === 'object' ? child : document.createTextNode(String(child)));
  }
  return node;
}

function name(text) {
  return make('bdi', { className: 'name' }, text);
}

function fill(node, ...children) {
  node.textContent = '';
  children.filter(Boolean).forEach((child) => node.appendChild(child));
}

function showPanel() {
  const { selected } = app.state;
  const panel = document.getElementById('panel');
  const content = selected ? PANELS[selected.layer](selected.i) : leadersPanel();
  fill(panel, ...content);
  panel.scrollTop = 0;
}

const PANELS = {
  areas: areaPanel,
  estates: estatePanel,
  facilities: facilityPanel,
  sites: sitePanel,
  openings: wallPanel,
};

function headOf(kind, title, code) {
  return make(
    'header',
    {},
    make('p', { className: 'kind' }, kind, code ? make('span', { className: 'code' }, code) : null),
    make('h2', {}, name(title)),
    make(
      'button',
      {
        className: 'close',
        type: 'button',
        title: word('close'),
        'aria-label': word('close'),
        click: () => select(null),
      },
      '×',
    ),
  );
}

function figures(...pairs) {
  return make(
    'dl',
    { className: 'figures' },
    ...pairs.map(([what, value, unit]) =>
      make('div', {}, make('dt', {}, what), make('dd', {}, value, unit ? make('small', {}, ' ' + unit) : null)),
    ),
  );
}

function figure(what, value, unit, decimals) {
  return isKnown(value) ? [what, number(value, decimals), app.head.words['unit.' + unit]] : [what, word('unknown')];
}

function section(title, ...children) {
  return make('section', {}, make('h3', {}, title), ...children);
}

function facts(...pairs) {
  return make(
    'dl',
    { className: 'facts' },
    ...[].concat(
      ...pairs
        .filter(Boolean)
        .map(([what, value]) => [
          make('dt', {}, what),
          make('dd', {}, typeof value === 'object' ? value : name(value)),
        ]),
    ),
  );
}

function factsOf(table, columns, row) {
  return facts(...columns.map((column) => [heading(table, column), cell(table, column, row)]));
}

function chip(state, text) {
  return make('span', { className: 'chip ' + state }, text);
}

function link(layer, i, text) {
  return make('button', { type: 'button', className: 'link', click: () => select(layer, i, true) }, name(text));
}

function listed(items, most) {
  const list = make('ul', { className: 'rows' }, ...items.slice(0, most));
  if (items.length <= most) return list;
  const rest = items.slice(most);
  const more = make(
    'li',
    {},
    make(
      'button',
      {
        type: 'button',
        className: 'link',
        click: () => {
          list.removeChild(more);
          rest.forEach((item) => list.appendChild(item));
        },
      },
      word('rank.more', { n: number(rest.length) }),
    ),
  );
  list.appendChild(more);
  return list;
}

/* ---- what leads ---- */

function leadersPanel() {
  const theme = THEMES[app.state.theme];
  const leaders = theme.leaders();
  const most = Math.max(...leaders.map((leader) => leader.value), 1);
  const rows = leaders.slice(0, LEADERS).map((leader, nth) => {
    const bar = make('span', { className: 'bar' });
    bar.style.width = (100 * leader.value) / most + '%';
    const beside = leader.beside ? make('small', { className: 'beside' }, leader.beside) : null;
    const text = make('span', {}, name(leader.text), beside, leader.under ? make('small', {}, leader.under) : null);
    const inside = [
      make('span', { className: 'nth' }, nth + 1),
      text,
      make('span', { className: 'said' }, leader.said),
      bar,
    ];
    return make(
      'li',
      { title: leader.title },
      leader.pick ? make('button', { type: 'button', click: leader.pick }, ...inside) : make('div', {}, ...inside),
    );
  });
  const rest = leaders.length - rows.length;
  return [
    make(
      'header',
      {},
      make('p', { className: 'kind' }, word('theme.' + app.state.theme)),
      make('h2', {}, word('rank.' + app.state.theme)),
      app.state.theme === 'gaps' ? make('p', { className: 'of' }, name(typeLabel(app.state.type))) : null,
    ),
    theme.column && rows.length ? make('p', { className: 'units' }, theme.column()) : null,
    rows.length ? make('ol', { className: 'leaders' }, ...rows) : make('p', { className: 'empty' }, word('none')),
    rest > 0 ? make('p', { className: 'empty' }, word('rank.more', { n: number(rest) })) : null,
    theme.also ? theme.also() : null,
  ];
}
