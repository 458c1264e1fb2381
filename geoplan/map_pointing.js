/* What lies under the pointer? The points of the theme first, then its estates or areas (Mercator units). */

const WALL_REACH_PX = 9;

function under({ lat, lng }) {
  const theme = THEMES[app.state.theme];
  const [x, y] = [lng / 360 + 0.5, mercatorOf(lat)];
  const { selected } = app.state;
  const px = 1 / (256 * Math.pow(2, app.map.getZoom()));
  for (const layer of theme.layers) {
    if (layer === 'facilities') {
      const reach = (pointRadius({ zoom: app.map.getZoom() }) + 4) * px;
      const i = pointNear(layer, x, y, reach, (at) => theme.showsPoint(at));
      if (i >= 0) return { layer, i };
    } else if (layer === 'sites') {
      const i = siteNear(x, y, (pointRadius({ zoom: app.map.getZoom() }) + 6) * px);
      if (i >= 0) return { layer, i };
    } else if (layer === 'openings') {
      const i = wallNear(x, y, WALL_REACH_PX * px);
      if (i >= 0) return { layer, i };
    } else {
      const i = featureUnder(layer, x, y);
      const isAgain = selected && selected.layer === 'areas' && layer === 'areas' && selected.i === i;
      if (i >= 0 && !isAgain) return { layer, i };
      if (isAgain) {
        const estate = featureUnder('estates', x, y);
        return estate >= 0 ? { layer: 'estates', i: estate } : { layer, i };
      }
    }
  }
  return null;
}

function pick(at) {
  const found = under(at);
  select(found && found.layer, found && found.i);
}

function hover(event) {
  const tip = document.getElementById('tip');
  const found = under(event.latlng);
  tip.hidden = !found;
  app.map.getContainer().style.cursor = found ? 'pointer' : '';
  if (!found) return;
  const theme = THEMES[app.state.theme];
  const { layer, i } = found;
  const [title, second] = TIPS[layer](i, theme);
  fill(tip, make('b', {}, name(title)), second ? make('span', {}, second) : null);
  const { x, y } = event.containerPoint;
  const isRight = x > app.map.getSize().x - 260;
  tip.style.left = isRight ? 'auto' : x + 16 + 'px';
  tip.style.right = isRight ? app.map.getSize().x - x + 12 + 'px' : 'auto';
  tip.style.top = Math.max(4, y - 12) + 'px';
}

const TIPS = {
  areas: (i, theme) => [app.tables.areas.name[i], theme.lineOfArea(i)],
  estates: (i, theme) => [app.tables.estates.name[i], theme.lineOfEstate(i)],
  facilities: (i) => [facilityName(i), cell('facilities', 'status', i)],
  sites: (i) => [siteName(i), siteText(i)],
  openings: (i) => [wallName(i), word('wall.nth', { n: number(app.tables.openings.rank[i]) }) + ' · ' + wallText(i)],
};

function featureUnder(name, x, y, accepts) {
  const shape = app.shapes[name];
  for (let i = shape.count - 1; i >= 0; i--) {
    const at = i * 4;
    const { boxes } = shape;
    if (x < boxes[at] || x > boxes[at + 2] || y < boxes[at + 1] || y > boxes[at + 3]) continue;
    if ((!accepts || accepts(i)) && isInside(shape, i, x, y)) return i;
  }
  return -1;
}

function isInside(shape, i, x, y) {
  let inside = false;
  for (let path = shape.paths[i]; path < shape.paths[i + 1]; path++) {
    const from = shape.points[path];
    const to = shape.points[path + 1];
    for (let a = from, b = to - 1; a < to; b = a++) {
      const ay = shape.y[a];
      const by = shape.y[b];
      if (ay > y !== by > y && x < ((shape.x[b] - shape.x[a]) * (y - ay)) / (by - ay) + shape.x[a]) inside = !inside;
    }
  }
  return inside;
}

function pointNear(name, x, y, reach, accepts) {
  const shape = app.shapes[name];
  let best = -1;
  let nearest = reach * reach;
  for (let i = 0; i < shape.count; i++) {
    if (shape.paths[i] === shape.paths[i + 1]) continue;
    const at = shape.points[shape.paths[i]];
    const far = (shape.x[at] - x) ** 2 + (shape.y[at] - y) ** 2;
    if (far < nearest && accepts(i)) {
      nearest = far;
      best = i;
    }
  }
  return best;
}
