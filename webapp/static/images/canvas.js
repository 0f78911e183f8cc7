// Pixels for the brush: what is painted is a canvas that is opaque there, and a mask is white there and black elsewhere.

export const RED = "#e5484d";
const OVERLAP = 8;
// How much is added at a side, of what there is.
const SHARE = 0.25;
const LARGEST = 4096;

export async function loaded(address) {
  const image = new Image();
  image.src = address;
  await image.decode().catch(() => {});
  return image.naturalWidth ? image : null;
}

// A copy of a picture or canvas, no longer than `limit` at a side; of nothing, an empty one as large as `like`.
export function canvasOf(source, limit = 0, like = source) {
  const [width, height] = [like.naturalWidth ?? like.width, like.naturalHeight ?? like.height];
  const share = limit ? Math.min(1, limit / width, limit / height) : 1;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * share);
  canvas.height = Math.round(height * share);
  if (source) canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function filled(like, colour) {
  const canvas = canvasOf(null, 0, like);
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

export function inverted(paint) {
  const canvas = filled(paint, RED);
  const pen = canvas.getContext("2d");
  pen.globalCompositeOperation = "destination-out";
  pen.drawImage(paint, 0, 0);
  return canvas;
}

// What a mask says is painted.
export function paintOf(mask, width, height) {
  const canvas = canvasOf(null, 0, { width, height });
  const pen = canvas.getContext("2d");
  pen.drawImage(mask, 0, 0, width, height);
  const pixels = pen.getImageData(0, 0, width, height);
  for (let place = 0; place < pixels.data.length; place += 4) pixels.data[place + 3] = pixels.data[place];
  pen.putImageData(pixels, 0, 0);
  pen.globalCompositeOperation = "source-in";
  pen.fillStyle = RED;
  pen.fillRect(0, 0, width, height);
  return canvas;
}

// Returns the mask, or null where nothing is painted.
export function maskOf(paint) {
  const { data } = paint.getContext("2d").getImageData(0, 0, paint.width, paint.height);
  if (!data.some((value, place) => place % 4 === 3 && value > 127)) return null;
  const white = filled(paint, "#fff");
  const pen = white.getContext("2d");
  pen.globalCompositeOperation = "destination-in";
  pen.drawImage(paint, 0, 0);
  const mask = filled(paint, "#000");
  mask.getContext("2d").drawImage(white, 0, 0);
  return mask;
}

// Adds room at a side: its edge drawn out, and all of it painted.
export function widened(base, paint, side, { multiple }) {
  const isAcross = side === "left" || side === "right";
  const length = isAcross ? base.width : base.height;
  const more = Math.min(Math.round((length * SHARE) / multiple) * multiple, LARGEST - length);
  if (more <= 0) return { base, paint };
  const size = { width: base.width + (isAcross ? more : 0), height: base.height + (isAcross ? 0 : more) };
  const at = { x: side === "left" ? more : 0, y: side === "up" ? more : 0 };
  // Where the new strip is, and which line of the picture is its edge.
  const strip = {
    left: [0, 0, more, base.height], right: [base.width, 0, more, base.height], up: [0, 0, base.width, more], down: [0, base.height, base.width, more],
  }[side];
  const edge = {
    left: [0, 0, 1, base.height], right: [base.width - 1, 0, 1, base.height], up: [0, 0, base.width, 1], down: [0, base.height - 1, base.width, 1],
  }[side];
  const wide = canvasOf(null, 0, size);
  const pen = wide.getContext("2d");
  pen.drawImage(base, ...edge, ...strip);
  pen.drawImage(base, at.x, at.y);
  const over = canvasOf(null, 0, size);
  const brush = over.getContext("2d");
  brush.drawImage(paint, at.x, at.y);
  brush.fillStyle = RED;
  const [x, y, width, height] = strip;
  const back = { left: [0, 0], right: [-OVERLAP, 0], up: [0, 0], down: [0, -OVERLAP] }[side];
  brush.fillRect(x + back[0], y + back[1], width + (isAcross ? OVERLAP : 0), height + (isAcross ? 0 : OVERLAP));
  return { base: wide, paint: over };
}

export const toFile = (canvas) => new Promise((done) => canvas.toBlob(done, "image/png"));
