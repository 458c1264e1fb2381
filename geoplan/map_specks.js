/* How is what is too small to be drawn shown, and a hundred thousand of it at once? As boxes, filled together. */

const SPECK_PX = 2;

/* A shape of less than a pixel or two is its box; boxes of one colour are filled together. */
function isSpeck(view, boxes, i) {
  const most = SPECK_PX / view.scale;
  return boxes[i * 4 + 2] - boxes[i * 4] < most && boxes[i * 4 + 3] - boxes[i * 4 + 1] < most;
}

function traceSpeck({ ctx, scale, left, top }, boxes, i) {
  const at = i * 4;
  const wide = Math.max(1, (boxes[at + 2] - boxes[at]) * scale);
  const high = Math.max(1, (boxes[at + 3] - boxes[at + 1]) * scale);
  ctx.rect(boxes[at] * scale - left, boxes[at + 1] * scale - top, wide, high);
}

function paintSpecks(view, { boxes }, specks) {
  for (const [fill, shapes] of specks) {
    view.ctx.beginPath();
    for (const i of shapes) traceSpeck(view, boxes, i);
    view.ctx.fillStyle = fill;
    view.ctx.fill();
  }
}

/* An outline and nothing in it. A speck has one only where the line is wider than it, as around what is chosen: thinner
   ones would hide the colours under them, and a town may have a hundred thousand. */
function paintOutline(view, shape, i, style) {
  let isTraced = false;
  view.ctx.beginPath();
  for (let path = shape.paths[i]; path < shape.paths[i + 1]; path++) {
    if (!isSeen(view, shape.pathBoxes, path)) continue;
    if (!shape.closed[path] || !isSpeck(view, shape.pathBoxes, path)) tracePath(view, shape, path);
    else if (style.width > SPECK_PX) traceSpeck(view, shape.pathBoxes, path);
    else continue;
    isTraced = true;
  }
  if (isTraced) strokeShape(view.ctx, style);
}

function addTo(groups, key, member) {
  if (groups.has(key)) groups.get(key).push(member);
  else groups.set(key, [member]);
}
