/* What must a sheet of paper say by itself? Which view it is, what leads in it, and of what is selected what finds room. */

const LEADERS_ON_PAPER = 15;
const LEADERS_BESIDE = 8; // no fewer, where something stands below them
const OF_A_TIME = ['gaps', 'walks', 'care'];

/* Theme, what is chosen in it, the time and the filter in one line; seen on paper and in a meeting. */
function writeView() {
  const { theme } = app.state;
  const parts = [word('theme.' + theme), choiceText(theme), OF_A_TIME.includes(theme) ? word('when.' + timeShown()) : ''];
  const said = parts.concat(filterText()).filter(Boolean);
  const between = (nth) => (nth ? [document.createTextNode(' · ')] : []);
  fill(document.getElementById('view'), ...[].concat(...said.map((part, nth) => [...between(nth), name(part)])));
}

function choiceText(theme) {
  if (theme === 'programme') return heading('areas', byShown());
  if (theme === 'facilities') return app.state.kind ? chipType(app.state.kind) : word('all_types');
  return CHOICES[theme] ? chipType(app.state.type) : '';
}

function filterText() {
  const { subdistrict, year, status } = app.state.only;
  const [column, code] = (status || '').split(':');
  const said = [
    subdistrict,
    year && (year === NO_YEAR ? word('in_no_year') : word('in_year', { year })),
    code && heading('estates', column) + ' ' + label(column, code),
  ].filter(Boolean);
  return said.length ? word('only', { what: said.join(word('and')) }) : '';
}

/* The column under the legend: what leads in the theme, or what the card at the right has no room for. */
function writeColumn(isPrinting) {
  const box = document.getElementById('leading');
  document.querySelectorAll('#panel .cut').forEach((part) => part.classList.remove('cut'));
  box.hidden = !isPrinting;
  fill(box);
  if (!isPrinting) return;
  trimNumbers();
  const cut = app.state.selected ? cutCard() : [];
  if (cut.length) writeRest(box, cut);
  else writeLeading(box);
  box.hidden = !box.firstChild;
}

/* Numbers that the column has no room for are left out of it, and it says so. */
function trimNumbers() {
  const column = document.getElementById('controls');
  const box = document.getElementById('numbers');
  const list = box.lastElementChild;
  const said = make('li', { className: 'more' });
  let left = 0;
  while (isOverfull(column) && list.childElementCount > 1) {
    list.removeChild(left ? said.previousSibling : list.lastChild);
    left++;
    list.appendChild(said);
    said.textContent = word('rank.more', { n: number(left) });
  }
  if (left) box.dataset.seen = ''; // to be written anew on the screen
}

function isOverfull(node) {
  return node.scrollHeight > node.clientHeight;
}

/* What leads, with what stands below it on the screen where both find room. */
function writeLeading(box) {
  const theme = THEMES[app.state.theme];
  const leaders = theme.leaders();
  if (!leaders.length) return;
  const column = document.getElementById('controls');
  const also = theme.also ? theme.also() : null;
  const write = (most, below) => {
    const left = leaders.length - most;
    fill(
      box,
      make('h2', {}, word('rank.' + app.state.theme)),
      theme.column ? make('p', { className: 'column' }, theme.column()) : null,
      make('ol', { className: 'leaders' }, ...leaderRows(leaders, most)),
      left > 0 ? make('p', { className: 'note' }, word('rank.more', { n: number(left) })) : null,
      below,
    );
    return !isOverfull(column);
  };
  const most = Math.min(leaders.length, LEADERS_ON_PAPER);
  for (let n = most; also && n >= Math.min(most, LEADERS_BESIDE); n--) if (write(n, also)) return;
  for (let n = most; n > 0; n--) if (write(n, null)) return;
  fill(box);
}

/* The last parts of the card that do not fit into it. */
function cutCard() {
  const card = document.getElementById('panel');
  const cut = [];
  card.scrollTop = 0;
  for (const part of [...card.children].reverse()) {
    if (!isOverfull(card)) break;
    part.classList.add('cut');
    cut.unshift(part);
  }
  return cut;
}

/* The rest of the card: of each part what stands before its lists, and the lists too while there is room. */
function writeRest(box, parts) {
  const column = document.getElementById('controls');
  const title = document.querySelector('#panel h2').textContent;
  const more = make('p', { className: 'note' }, word('more_on_screen'));
  fill(box, make('h2', {}, name(word('continued', { name: title }))), more);
  const briefs = parts.map(briefOf).map((brief) => {
    box.insertBefore(brief, more);
    return isOverfull(column) ? void box.removeChild(brief) : brief;
  });
  const isWhole = parts.map((part, nth) => {
    const whole = part.cloneNode(true);
    if (!briefs[nth]) return false;
    box.replaceChild(whole, briefs[nth]);
    if (isOverfull(column)) box.replaceChild(briefs[nth], whole);
    return whole.parentNode === box;
  });
  if (isWhole.every(Boolean)) box.removeChild(more);
}

function briefOf(part) {
  const brief = part.cloneNode(true);
  const list = brief.querySelector('h4');
  while (list && list.nextSibling) brief.removeChild(list.nextSibling);
  if (list) brief.removeChild(list);
  return brief;
}
