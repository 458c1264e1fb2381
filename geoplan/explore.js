/* One table on a map, in a notebook. What the planner wrote is shown as text only, never as markup. */

window.exploreTable = function exploreTable(map, id) {
  'use strict';
  const packed = atob(document.getElementById(id).textContent);
  const said = JSON.parse(new TextDecoder().decode(Uint8Array.from(packed, (letter) => letter.charCodeAt(0))));

  function element(tag, text, parent, style) {
    const made = document.createElement(tag);
    made.textContent = text;
    Object.assign(made.style, style || {});
    if (parent) parent.appendChild(made);
    return made;
  }

  function facts(lines) {
    const box = document.createElement('div');
    lines.forEach(([heading, text], place) => {
      const line = element('div', '', box, { maxWidth: '22em', whiteSpace: 'normal' });
      element('span', heading + ' ', line, { color: '#56636f' });
      element(place === 0 ? 'b' : 'span', text, line);
    });
    return box;
  }

  function legend(classes) {
    const control = L.control({ position: 'bottomright' });
    control.onAdd = () => {
      const box = element('div', '', null, {
        background: '#fff', padding: '.5em .7em', font: '13px sans-serif', border: '1px solid #b4bcc4', maxHeight: '60vh',
        overflowY: 'auto',
      });
      element('b', said.title, box);
      classes.forEach((entry) => {
        const line = element('div', '', box);
        element('span', '', line, {
          display: 'inline-block', width: '1em', height: '.8em', marginRight: '.5em', background: entry.fill,
          border: '1px solid ' + entry.stroke,
        });
        element('span', entry.label + ' (' + entry.count + ')', line);
      });
      L.DomEvent.disableScrollPropagation(box);
      return box;
    };
    control.addTo(map);
  }

  map.attributionControl.setPrefix(false);
  map.getContainer().style.background = '#f7f5f0';
  const quiet = { fillColor: '#eceae5', fillOpacity: 0.6, color: '#b4aea2', weight: 0.7, interactive: false };
  const under = L.geoJSON(said.under, { style: () => quiet }).addTo(map);
  const drawn = L.geoJSON(said.features, {
    style: ({ properties }) => {
      const { fill, stroke } = said.classes[properties.in];
      return { fillColor: fill, fillOpacity: 0.75, color: properties.line ? fill : stroke, weight: properties.line ? 3 : 1 };
    },
    pointToLayer: (_, where) => L.circleMarker(where, { radius: 5 }),
    onEachFeature: ({ properties }, layer) => layer.bindTooltip(facts(properties.facts), { sticky: true }),
  }).addTo(map);
  legend(said.classes);
  const bounds = drawn.getLayers().length ? drawn.getBounds() : under.getBounds();
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [12, 12] });
};
