/* What lies under the map where plan.toml asks for an online base map. Where its tiles do not come, the project's own
   streets and water lie there as ever, and the foot says so. On paper there are only the own layers: tiles are blurred. */

function startGround(map) {
  const { ground } = app.head.plan;
  if (!ground) return;
  const pane = map.createPane('ground');
  pane.style.zIndex = 100; // below the sheet
  const { subdomains, closest } = ground;
  app.ground = ground.tiles.map((address) => L.tileLayer(address, { pane: 'ground', subdomains, maxNativeZoom: closest, maxZoom: CLOSEST }));
  app.ground[0].once('tileerror', giveGroundUp);
  showGround();
}

function giveGroundUp() {
  const box = document.getElementById('overlay-ground');
  box.checked = false;
  box.disabled = true;
  change({ overlays: { ...app.state.overlays, ground: false } });
  document.getElementById('foot').firstElementChild.textContent = word('ground_missing');
}

function isGroundThere() {
  return Boolean(app.ground) && app.state.overlays.ground && !document.body.classList.contains('on-paper');
}

function showGround() {
  for (const layer of app.ground || []) {
    if (isGroundThere()) layer.addTo(app.map);
    else layer.remove();
  }
}
