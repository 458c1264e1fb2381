/* How does it get on paper? A3 landscape: title, figures, legend and the map as lines and letters, not as a picture. */

function startPrinting() {
  window.addEventListener('beforeprint', () => toPaper(true));
  window.addEventListener('afterprint', () => toPaper(false));
}

function toPaper(isPrinting) {
  const { map } = app;
  if (isPrinting) app.onScreen = { bounds: map.getBounds(), centre: map.getCenter(), zoom: map.getZoom(), isMeeting: isMeeting() };
  for (const node of [document.documentElement, document.body]) node.classList.toggle('on-paper', isPrinting);
  document.body.classList.toggle('meeting', !isPrinting && app.onScreen.isMeeting);
  document.getElementById('geoplan').classList.toggle('with-card', isPrinting && app.state.selected !== null);
  map.invalidateSize({ animate: false, pan: false });
  withoutSteps(() => {
    if (isPrinting) map.fitBounds(app.onScreen.bounds, { animate: false });
    else map.setView(app.onScreen.centre, app.onScreen.zoom, { animate: false });
  });
  fill(document.getElementById('drawn'), isPrinting ? drawing() : null);
  writeColumn(isPrinting);
  if (!isPrinting) app.sheet.redraw();
}

/* The map as it is seen, drawn with a pen. */
function drawing() {
  const { map } = app;
  const size = map.getSize();
  const pen = new SvgPen(size.x, size.y);
  const corner = map.containerPointToLayerPoint([0, 0]);
  const view = viewOf(map, corner, size, pen);
  paint({ ...view, margin: L.point(0, 0) });
  return pen.node;
}
