/* How is it shown to a meeting? Full screen, large type, and the next or previous area by an arrow key. */

function startShow() {
  const button = document.getElementById('show');
  button.textContent = word('show');
  button.title = word('show_title');
  button.addEventListener('click', () => showMeeting(true));
  document.getElementById('print').textContent = word('print');
  document.getElementById('print').addEventListener('click', () => window.print());
  document.addEventListener('keydown', (event) => {
    if (!isMeeting()) return;
    const step = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (event.key === 'Escape') showMeeting(false);
    else if (step) stepArea(step);
    else return;
    event.preventDefault();
  });
  document.addEventListener('fullscreenchange', () => {
    if (!document.fullscreenElement && isMeeting()) showMeeting(false);
    else app.map.invalidateSize({ animate: false });
  });
}

function isMeeting() {
  return document.body.classList.contains('meeting');
}

function showMeeting(isOn) {
  document.body.classList.toggle('meeting', isOn);
  showTable(false);
  document.getElementById('panel').scrollTop = 0;
  const page = document.documentElement;
  const asked = isOn
    ? page.requestFullscreen && page.requestFullscreen()
    : document.fullscreenElement && document.exitFullscreen();
  if (asked) asked.catch(() => {}); // a browser may refuse: the page fills its window all the same
  app.map.invalidateSize({ animate: false });
  if (isOn && !app.state.selected && app.tables.areas.rows) stepArea(1);
  else if (app.state.selected) flyTo(app.state.selected.layer, app.state.selected.i);
  else showOpening();
  app.sheet.redraw();
}

/* Areas in the order of a meeting: by rank where there is one, else by their number. */
function areasInOrder() {
  const { rank } = app.tables.areas;
  const at = (i) => (isKnown(rank[i]) ? rank[i] : Infinity);
  const shown = rank.map((_, i) => i).filter((i) => passes('areas', i));
  return shown.sort((one, other) => (at(one) === at(other) ? one - other : at(one) - at(other)));
}

function stepArea(step) {
  const order = areasInOrder();
  if (!order.length) return;
  const { selected } = app.state;
  const at = selected && selected.layer === 'areas' ? order.indexOf(selected.i) : -1;
  const next = at < 0 ? (step > 0 ? 0 : order.length - 1) : (at + step + order.length) % order.length;
  select('areas', order[next], true);
}
