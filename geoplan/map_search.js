/* Where is it? Search by part of a name, its pinyin initials, or an id, with arrow keys and Enter. */

const FOUND_AT_MOST = 14;

function startSearch() {
  const input = document.getElementById('asked');
  const list = document.getElementById('found');
  input.placeholder = word('searching');
  input.setAttribute('aria-label', word('searching'));
  let at = -1;
  const close = () => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
    at = -1;
  };
  const take = (hit) => {
    close();
    input.value = '';
    select(hit.layer, hit.i, true);
  };
  const show = () => {
    const hits = find(input.value);
    fill(
      list,
      ...hits.map((hit, nth) =>
        make(
          'li',
          { id: 'found-' + nth, role: 'option', click: () => take(hit) },
          name(hit.text),
          make('small', {}, hit.kind),
        ),
      ),
    );
    if (!hits.length) fill(list, make('li', { className: 'empty' }, word('not_found')));
    list.hidden = !input.value.trim();
    input.setAttribute('aria-expanded', String(!list.hidden));
    at = -1;
  };
  input.addEventListener('input', show);
  input.addEventListener('blur', () => setTimeout(close, 200));
  input.addEventListener('keydown', (event) => {
    const hits = find(input.value);
    if (event.key === 'Escape') close();
    else if (event.key === 'Enter' && hits.length) take(hits[Math.max(at, 0)]);
    else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && hits.length) {
      event.preventDefault();
      at = (at + (event.key === 'ArrowDown' ? 1 : hits.length - (at < 0 ? 0 : 1))) % hits.length;
      [...list.children].forEach((item, nth) => item.setAttribute('aria-selected', String(nth === at)));
      input.setAttribute('aria-activedescendant', 'found-' + at);
    }
  });
}

function find(asked) {
  const wanted = asked.trim().toLowerCase();
  if (!wanted) return [];
  const hits = [];
  for (const [layer, id] of [
    ['areas', 'area_id'],
    ['estates', 'estate_id'],
    ['facilities', 'facility_id'],
  ]) {
    const table = app.tables[layer];
    for (let i = 0; i < table.rows && hits.length < FOUND_AT_MOST; i++) {
      const text = layer === 'facilities' ? facilityName(i) : table.name[i];
      const initials = table.initials ? table.initials[i] || '' : '';
      if ([text, table[id][i], initials].some((said) => said.toLowerCase().includes(wanted))) {
        hits.push({
          layer,
          i,
          text,
          kind:
            layer === 'facilities' ? typeLabel(table.facility_type[i]) : word(layer === 'areas' ? 'area' : 'estate'),
        });
      }
    }
  }
  return hits;
}
