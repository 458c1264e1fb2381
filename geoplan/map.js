/* The page: what it knows (app), what is chosen (app.state), and what happens at a click or a key. */

const app = {
  state: { theme: 'areas', type: '', kind: '', by: 'plan_year', when: 'today', only: {}, selected: null, overlays: {} },
};
const CLOSEST = 19;

start().catch((problem) => {
  const waiting = document.getElementById('waiting');
  waiting.textContent = app.head
    ? word('broken')
    : '数据没有读出来，请用较新的 Chrome、Edge 或 360 浏览器（极速模式）打开 / please use a recent Chrome or Edge';
  waiting.hidden = false;
  throw problem;
});

async function start() {
  Object.assign(app, await readPayload(document.getElementById('payload').textContent));
  index();
  writeFrame();
  const [{ only, ...said }, view] = readAddress();
  filterBy(only);
  startMap(); // what stands above the map is written: its size is known
  app.isOpen = true;
  change({ theme: openingTheme(), ...said });
  startSharing();
  if (view) showView(view);
  document.getElementById('waiting').hidden = true;
  document.getElementById('geoplan').dataset.ready = 'yes';
}

/* Where there is a programme or a reserve, years or points come first; else the areas. */
function openingTheme() {
  const { plan_year: years, score } = app.tables.areas;
  if (years.some(isKnown) || score.some(isKnown)) return 'programme';
  return Object.keys(THEMES).find((theme) => THEMES[theme].isThere());
}

/* ---- the map ---- */

function startMap() {
  app.map = window[document.querySelector('.folium-map').id];
  const { map } = app;
  L.Control.Attribution.prototype.options.prefix = false; // Leaflet's own shows a flag
  map.setMaxZoom(CLOSEST);
  L.control.zoom({ position: 'bottomright', zoomInTitle: word('zoom_in'), zoomOutTitle: word('zoom_out') }).addTo(map);
  L.control.scale({ position: 'bottomleft', imperial: false, maxWidth: 140 }).addTo(map);
  addViewButtons(map);
  startGround(map);
  app.sheet = new Sheet(paint);
  map.setView([0, 0], 2, { animate: false });
  map.addLayer(app.sheet);
  map.invalidateSize({ animate: false });
  showOpening();
  map.on('click', (event) => pick(event.latlng));
  map.on('mousemove', (event) => requestAnimationFrame(() => hover(event)));
  map.on('mouseout', () => {
    document.getElementById('tip').hidden = true;
  });
  startPrinting();
}

function addViewButtons(map) {
  const control = L.control({ position: 'bottomright' });
  const button = (id, text, title, click) =>
    make('button', { type: 'button', id, title: word(title), 'aria-label': word(title), click }, word(text));
  control.onAdd = () => {
    const bar = make(
      'div',
      { className: 'leaflet-bar' },
      app.tables.areas.rows ? button('opening', 'opening', 'opening_title', showOpening) : null,
      button('whole', 'whole_plan', 'whole_plan_title', showWhole),
    );
    L.DomEvent.disableClickPropagation(bar);
    return bar;
  };
  control.addTo(map);
}

/* The first view: all areas; a plan without areas opens on its estates. */
function showOpening() {
  fitLayers(app.tables.areas.rows ? ['areas'] : ['estates']);
}

function showWhole() {
  fitLayers(['areas', 'estates', 'facilities', 'heritage', 'planning_units']);
}

/* As close as the layers allow, of what the filter lets through; names at the rim, the arrow and the buttons need some room. */
function fitLayers(layers) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const layer of layers) {
    const shape = app.shapes[layer];
    for (let i = 0; i < shape.count; i++) if (passes(layer, i)) growBox(box, shape.boxes.subarray(i * 4, i * 4 + 4));
  }
  if (box[0] > box[2]) return;
  const room = { paddingTopLeft: [44, 40], paddingBottomRight: [64, 52], animate: false };
  withoutSteps(() => app.map.fitBounds(boundsOf(box), room));
}

/* Views are set as they are, while wheel and buttons zoom in steps. */
function withoutSteps(setView) {
  const { options } = app.map;
  const { zoomSnap } = options;
  options.zoomSnap = 0;
  setView();
  options.zoomSnap = zoomSnap;
}

function boundsOf([west, north, east, south]) {
  return [
    [latitudeOf(south), (west - 0.5) * 360],
    [latitudeOf(north), (east - 0.5) * 360],
  ];
}

function paint(view) {
  if (!app.isOpen) return; // the map finds its view before anything is drawn
  const theme = THEMES[app.state.theme];
  const { overlays, selected } = app.state;
  paintBase(view, isGroundThere() ? { planning_units: overlays.planning_units } : overlays);
  theme.paint(view);
  if (overlays.borders && !['areas', 'care', 'sites', 'programme', 'openings'].includes(app.state.theme))
    paintLayer(view, 'areas', () => BORDER);
  if (overlays.heritage)
    paintLayer(view, 'heritage', () => ({
      hatch: 'rgba(140, 86, 20, 0.45)',
      stroke: '#8c5614',
      width: 1.6,
      dash: [7, 3],
    }));
  paintReach(view);
  if (selected && ['areas', 'estates'].includes(selected.layer)) {
    paintLayer(view, selected.layer, (i) => (i === selected.i ? { stroke: '#ffffff', width: 6.5 } : null));
    paintLayer(view, selected.layer, (i) => (i === selected.i ? { stroke: INK, width: 3 } : null));
  }
  if (theme.paintPoints) theme.paintPoints(view);
  if (selected && selected.layer === 'openings') paintChosenWall(view, selected.i);
  if (selected && selected.layer === 'facilities') {
    paintPoints(view, 'facilities', (i) =>
      i === selected.i
        ? { form: 'circle', fill: 'transparent', ring: INK, ringWidth: 3, radius: pointRadius(view) + 5 }
        : null,
    );
  }
  app.numbered = [];
  if (overlays.names) paintNames(view, theme);
  writeNumbers();
}

/* ---- what is chosen ---- */

function change(said) {
  Object.assign(app.state, said);
  document.getElementById('theme-' + app.state.theme).checked = true;
  if (said.only) {
    filterBy(said.only);
    app.map.invalidateSize({ animate: false });
  }
  writeView();
  writeWhen();
  writeChoice();
  writeLegend();
  showPanel();
  writeTable();
  showGround();
  app.sheet.redraw();
  writeAddress();
}

function select(layer, i, flies) {
  app.state.selected = layer ? { layer, i } : null;
  if (layer && flies) flyTo(layer, i);
  change({});
}

function flyTo(layer, i) {
  const shape = app.shapes[layer];
  if (shape.paths[i] === shape.paths[i + 1]) return;
  const bounds = L.latLngBounds(boundsOf(shape.boxes.subarray(i * 4, i * 4 + 4)));
  app.map.fitBounds(bounds, { padding: [90, 90], maxZoom: layer === 'areas' ? 16 : 16.5, animate: false });
}
