// Width and height for a ratio: about as many pixels as the model's own size has, on the grid it draws on.

export function sized(ratio, { width, height, multiple, largest }) {
  const [across, down] = ratio.split(":").map(Number);
  const onGrid = (length) => Math.max(multiple, Math.round(Math.min(length, largest) / multiple) * multiple);
  if (across === down && width === height) return { width, height };
  const tall = Math.sqrt((width * height * down) / across);
  return { width: onGrid((tall * across) / down), height: onGrid(tall) };
}

// The ratio that a size was made by, if it is one of those that can be chosen.
export const ratioOf = (width, height, ratios, defaults) =>
  ratios.find((ratio) => {
    const size = sized(ratio, defaults);
    return size.width === width && size.height === height;
  });

// A picture's own shape, no larger than the model draws well.
export function fitted(width, height, { width: own, height: other, multiple, largest }) {
  const share = Math.min(1, Math.sqrt((own * other) / (width * height)), largest / width, largest / height);
  const onGrid = (length) => Math.max(multiple, Math.round((length * share) / multiple) * multiple);
  return { width: onGrid(width), height: onGrid(height) };
}
