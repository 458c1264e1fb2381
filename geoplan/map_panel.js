/* What are the numbers? The panel at the right: of what is selected, or else what leads in the theme. */

function showPanel() {
  const { selected } = app.state;
  const panel = document.getElementById('panel');
  app.leadersShown = LEADERS;
  const content = selected ? [...PANELS[selected.layer](selected.i), reachSection(selected)] : leadersPanel();
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

function factsOf(table, columns, row) {
  return facts(...columns.map((column) => [heading(table, column), cell(table, column, row)]));
}

function link(layer, i, text) {
  return make('button', { type: 'button', className: 'link', click: () => select(layer, i, true) }, name(text));
}

/* ---- what leads ---- */

function showMoreLeaders() {
  const panel = document.getElementById('panel');
  const at = panel.scrollTop;
  app.leadersShown += MORE_LEADERS;
  fill(panel, ...leadersPanel());
  panel.scrollTop = at;
}

function leadersPanel() {
  const theme = THEMES[app.state.theme];
  const leaders = theme.leaders();
  const rows = leaderRows(leaders, app.leadersShown);
  const rest = leaders.length - rows.length;
  return [
    make(
      'header',
      {},
      make('p', { className: 'kind' }, word('theme.' + app.state.theme)),
      make('h2', {}, word('rank.' + app.state.theme)),
      CHOICES[app.state.theme] === 'type' ? make('p', { className: 'of' }, name(typeLabel(app.state.type))) : null,
    ),
    theme.column && rows.length ? make('p', { className: 'units' }, theme.column()) : null,
    rows.length ? make('ol', { className: 'leaders' }, ...rows) : make('p', { className: 'empty' }, word('none')),
    rest > 0 ? make('button', { type: 'button', className: 'link', click: showMoreLeaders }, word('rank.more', { n: number(rest) })) : null,
    theme.also ? theme.also() : null,
  ];
}

/* The first of what leads, each with a bar as long as its share of the most. */
function leaderRows(leaders, most) {
  const greatest = leaders.reduce((found, leader) => Math.max(found, leader.value), 1);
  return leaders.slice(0, most).map((leader, nth) => {
    const bar = make('span', { className: 'bar' });
    bar.style.width = (100 * leader.value) / greatest + '%';
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
}
