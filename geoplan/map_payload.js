/* What is in the file? Base64 -> gzip -> JSON and shapes; payload.py says how they are written.
   Coordinates become Mercator units: 0..1 from west to east and from north to south. */

const QUANTA_PER_DEGREE = 1e6;
const QUANTA_OF_PARABOLA = 1000;

async function readPayload(text) {
  const bytes = await unzip(bytesOf(text.trim()));
  const headEnd = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, headEnd)));
  const shapes = {};
  let start = headEnd;
  for (const [name, length] of head.shapes) {
    shapes[name] = readShapes(bytes.subarray(start, start + length));
    start += length;
  }
  const tables = {};
  for (const name of Object.keys(head.tables)) {
    const { rows, columns } = head.tables[name];
    tables[name] = { rows };
    for (const column of Object.keys(columns)) {
      const said = columns[column];
      if (Array.isArray(said)) tables[name][column] = said;
      else {
        const held = bytes.subarray(start, start + said.bytes); // there may be millions of rows that nobody asks for
        later(tables[name], column, () => readColumn(said, rows, held));
        start += said.bytes;
      }
    }
  }
  return { head, tables, shapes };
}

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/* What takes time is made when it is first asked for, and then kept. */
function later(holder, name, made) {
  Object.defineProperty(holder, name, {
    configurable: true,
    enumerable: true,
    get() {
      const value = made();
      Object.defineProperty(holder, name, { value, enumerable: true });
      return value;
    },
  });
}

function readColumn({ kind, words, decimals, steps }, rows, bytes) {
  const values = new Array(rows);
  const scale = 10 ** decimals;
  const { varint, step } = readerOf(bytes);
  for (let row = 0, code = 0; row < rows; row++) {
    code = steps ? code + step() : varint();
    if (code === 0) values[row] = null;
    else if (kind === 'text') values[row] = words[code - 1];
    else if (kind === 'bool') values[row] = code === 2;
    else values[row] = (code % 2 ? (code - 1) / 2 : -code / 2) / scale;
  }
  return values;
}

/* Varints of seven bits a byte, and zig-zag steps: 0, 1, 2, 3 are 0, -1, 1, -2. */
function readerOf(bytes) {
  let next = 0;
  function varint() {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[next++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
  function step() {
    const value = varint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }
  return { varint, step };
}

function readShapes(bytes) {
  const { varint, step } = readerOf(bytes);
  const count = varint();
  const paths = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) paths[i + 1] = paths[i] + varint();
  const points = new Int32Array(paths[count] + 1);
  const closed = new Uint8Array(paths[count]);
  for (let i = 0; i < closed.length; i++) {
    const said = varint();
    closed[i] = said & 1;
    points[i + 1] = points[i] + (said >> 1);
  }
  const x = new Float64Array(points[closed.length]);
  const y = new Float64Array(x.length);
  const northing = mercatorNear();
  let lon = 0;
  let lat = 0;
  for (let i = 0; i < x.length; i++) {
    lon += step();
    lat += step();
    x[i] = lon / QUANTA_PER_DEGREE / 360 + 0.5;
    y[i] = northing(lat);
  }
  const shape = { count, paths, points, closed, x, y };
  shape.pathBoxes = boxesOf(points, x, y);
  shape.boxes = mergedBoxes(paths, shape.pathBoxes);
  return shape;
}

function mercatorOf(lat) {
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);
}

/* The same for one point after the other, which lie near each other: within fifty metres a parabola is off by less than
   a ten-thousandth of a millimetre, and takes a fifth of the time of logarithm and tangent. */
function mercatorNear() {
  let near = NaN;
  let [y, slope, bend] = [0, 0, 0];
  return (quanta) => {
    const at = Math.round(quanta / QUANTA_OF_PARABOLA);
    if (at !== near) {
      near = at;
      const degrees = (at * QUANTA_OF_PARABOLA) / QUANTA_PER_DEGREE;
      const latitude = (degrees * Math.PI) / 180;
      const radians = Math.PI / 180 / QUANTA_PER_DEGREE;
      y = mercatorOf(degrees);
      slope = -radians / (2 * Math.PI * Math.cos(latitude));
      bend = (slope * radians * Math.tan(latitude)) / 2;
    }
    const far = quanta - at * QUANTA_OF_PARABOLA;
    return y + far * (slope + far * bend);
  };
}

function latitudeOf(y) {
  return (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90;
}

function boxesOf(points, x, y) {
  const boxes = new Float64Array((points.length - 1) * 4);
  for (let path = 0; path < points.length - 1; path++) {
    let west = Infinity,
      north = Infinity,
      east = -Infinity,
      south = -Infinity;
    for (let i = points[path]; i < points[path + 1]; i++) {
      if (x[i] < west) west = x[i];
      if (x[i] > east) east = x[i];
      if (y[i] < north) north = y[i];
      if (y[i] > south) south = y[i];
    }
    boxes[path * 4] = west;
    boxes[path * 4 + 1] = north;
    boxes[path * 4 + 2] = east;
    boxes[path * 4 + 3] = south;
  }
  return boxes;
}

function mergedBoxes(paths, pathBoxes) {
  const boxes = new Float64Array((paths.length - 1) * 4);
  for (let i = 0; i < paths.length - 1; i++) {
    let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let at = paths[i] * 4; at < paths[i + 1] * 4; at += 4) {
      if (pathBoxes[at] < west) west = pathBoxes[at];
      if (pathBoxes[at + 1] < north) north = pathBoxes[at + 1];
      if (pathBoxes[at + 2] > east) east = pathBoxes[at + 2];
      if (pathBoxes[at + 3] > south) south = pathBoxes[at + 3];
    }
    boxes[i * 4] = west;
    boxes[i * 4 + 1] = north;
    boxes[i * 4 + 2] = east;
    boxes[i * 4 + 3] = south;
  }
  return boxes;
}

function growBox(box, other) {
  box[0] = Math.min(box[0], other[0]);
  box[1] = Math.min(box[1], other[1]);
  box[2] = Math.max(box[2], other[2]);
  box[3] = Math.max(box[3], other[3]);
}

async function unzip(bytes) {
  if (typeof DecompressionStream !== 'function') return inflate(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* For browsers without DecompressionStream (before Chromium 80): RFC 1951, codes read bit by bit by their lengths. */
function inflate(bytes) {
  const out = new Uint8Array(new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true));
  let size = 0;
  let next = 10; // the gzip header as payload.py writes it: no file name, no time
  let held = 0;
  let bitsHeld = 0;
  function bits(wanted) {
    while (bitsHeld < wanted) {
      held |= bytes[next++] << bitsHeld;
      bitsHeld += 8;
    }
    const value = held & ((1 << wanted) - 1);
    held >>>= wanted;
    bitsHeld -= wanted;
    return value;
  }
  function codesOf(lengths) {
    const counts = new Uint16Array(16);
    for (const length of lengths) counts[length]++;
    counts[0] = 0;
    const starts = new Uint16Array(17);
    for (let length = 1; length <= 15; length++) starts[length + 1] = starts[length] + counts[length];
    const symbols = new Uint16Array(lengths.length);
    lengths.forEach((length, symbol) => {
      if (length) symbols[starts[length]++] = symbol;
    });
    return { counts, symbols };
  }
  function symbolOf(codes) {
    let code = 0,
      first = 0,
      index = 0;
    for (let length = 1; length <= 15; length++) {
      code |= bits(1);
      const count = codes.counts[length];
      if (code - count < first) return codes.symbols[index + (code - first)];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error('payload: a code that no table has');
  }
  const repeat = (value, count) => new Array(count).fill(value);
  const LENGTHS = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ];
  const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const BACK = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
  ];
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  function dynamicCodes() {
    const literals = bits(5) + 257,
      distances = bits(5) + 1,
      given = bits(4) + 4;
    const lengths = repeat(0, 19);
    for (let i = 0; i < given; i++) lengths[ORDER[i]] = bits(3);
    const codes = codesOf(lengths);
    const all = [];
    while (all.length < literals + distances) {
      const symbol = symbolOf(codes);
      if (symbol < 16) all.push(symbol);
      else if (symbol === 16) all.push(...repeat(all[all.length - 1], 3 + bits(2)));
      else all.push(...repeat(0, symbol === 17 ? 3 + bits(3) : 11 + bits(7)));
    }
    return [codesOf(all.slice(0, literals)), codesOf(all.slice(literals))];
  }
  for (let isLast = 0; !isLast;) {
    isLast = bits(1);
    const kind = bits(2);
    if (kind === 0) {
      held = bitsHeld = 0;
      const length = bytes[next] | (bytes[next + 1] << 8);
      out.set(bytes.subarray(next + 4, next + 4 + length), size);
      next += 4 + length;
      size += length;
      continue;
    }
    const [literals, distances] =
      kind === 2
        ? dynamicCodes()
        : [codesOf([].concat(repeat(8, 144), repeat(9, 112), repeat(7, 24), repeat(8, 8))), codesOf(repeat(5, 30))];
    for (let symbol = symbolOf(literals); symbol !== 256; symbol = symbolOf(literals)) {
      if (symbol < 256) {
        out[size++] = symbol;
        continue;
      }
      let left = LENGTHS[symbol - 257] + bits(LENGTH_BITS[symbol - 257]);
      const far = symbolOf(distances);
      const back = BACK[far] + bits(far < 4 ? 0 : (far >> 1) - 1);
      for (; left > 0; left--, size++) out[size] = out[size - back];
    }
  }
  return out;
}
