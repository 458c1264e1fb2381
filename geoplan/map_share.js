/* How is a view shared? Theme, filter, selection and view stand in the address after #; a page in a frame tells its
   view to the page around it and follows the view it is told (compare shows two maps in step). */

const SHARED = { theme: 'theme', type: 'type', kind: 'kind', by: 'by', when: 'when' };
const IDS = { areas: 'area_id', estates: 'estate_id', facilities: 'facility_id', sites: 'site_id' };
const VIEW = 'view';
let isFollowing = false;

function writeAddress() {
  const said = new URLSearchParams();
  for (const key of Object.keys(SHARED)) if (app.state[key]) said.set(SHARED[key], app.state[key]);
  for (const asked of FILTERS) if (app.state.only[asked]) said.set(asked, app.state.only[asked]);
  const { selected, overlays } = app.state;
  if (selected && IDS[selected.layer]) said.set('at', selected.layer + ':' + app.tables[selected.layer][IDS[selected.layer]][selected.i]);
  const hidden = OVERLAYS.filter((overlay) => overlays[overlay] === false && document.getElementById('overlay-' + overlay));
  if (hidden.length) said.set('hide', hidden.join('.'));
  const { lat, lng } = app.map.getCenter();
  said.set(VIEW, [lat.toFixed(6), lng.toFixed(6), app.map.getZoom().toFixed(2)].join(','));
  const hash = '#' + said.toString();
  if (hash !== location.hash) history.replaceState(null, '', hash);
}

/* What the address says; whatever it does not say, or says wrongly, stays as it is. */
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const said = {};
  if (THEMES[asked.get('theme')] && Object.keys(THEMES).includes(asked.get('theme')) && THEMES[asked.get('theme')].isThere())
    said.theme = asked.get('theme');
  if (app.gapTypes.includes(asked.get('type'))) said.type = asked.get('type');
  if (app.types.has(asked.get('kind'))) said.kind = asked.get('kind');
  if (BY.includes(asked.get('by'))) said.by = asked.get('by');
  if (TIMES.includes(asked.get('when'))) said.when = asked.get('when');
  said.only = {};
  for (const filter of FILTERS) {
    const values = [...document.getElementById('only-' + filter).options].map((option) => option.value);
    if (values.includes(asked.get(filter))) said.only[filter] = asked.get(filter);
  }
  const [layer, ...id] = (asked.get('at') || '').split(':');
  const at = held(IDS, layer) ? app.tables[layer][IDS[layer]].indexOf(id.join(':')) : -1;
  said.selected = at < 0 ? null : { layer, i: at };
  said.overlays = { ...app.state.overlays };
  for (const overlay of OVERLAYS) {
    const box = document.getElementById('overlay-' + overlay);
    if (!box) continue;
    box.checked = said.overlays[overlay] = !(asked.get('hide') || '').split('.').includes(overlay);
  }
  return [said, viewIn(asked.get(VIEW))];
}

function viewIn(text) {
  const [lat, lng, zoom] = (text || '').split(',').map(Number);
  return isView(lat, lng, zoom) ? { lat, lng, zoom } : null;
}

function isView(lat, lng, zoom) {
  return [lat, lng, zoom].every(Number.isFinite) && Math.abs(lat) <= 85 && Math.abs(lng) <= 180 && zoom >= 0 && zoom <= CLOSEST;
}

function showView({ lat, lng, zoom }) {
  withoutSteps(() => app.map.setView([lat, lng], zoom, { animate: false }));
}

function startSharing() {
  app.map.on('moveend', () => {
    writeAddress();
    if (window.parent !== window && !isFollowing) tellView();
  });
  window.addEventListener('hashchange', () => {
    const [said, view] = readAddress();
    change({ theme: app.state.theme, ...said });
    if (view) showView(view);
  });
  if (window.parent !== window) window.addEventListener('message', followView);
}

function tellView() {
  const { lat, lng } = app.map.getCenter();
  window.parent.postMessage({ geoplan: VIEW, lat, lng, zoom: app.map.getZoom() }, '*');
}

/* {geoplan: "view", lat, lng, zoom} sets the view, without an echo; {geoplan: "view"} asks for it. */
function followView({ source, data }) {
  if (source !== window.parent || !data || data.geoplan !== VIEW) return;
  if (!isView(data.lat, data.lng, data.zoom)) return tellView();
  isFollowing = true;
  showView(data);
  isFollowing = false;
}
