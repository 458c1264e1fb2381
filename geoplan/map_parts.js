/* What is a panel made of? Headings, figures, facts, chips and lists.
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

function chip(state, text) {
  return make('span', { className: 'chip ' + state }, text);
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
