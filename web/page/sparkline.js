// A line of the last values of one channel, for each sensor.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 28;
const MARGIN = 2;
const KEPT = 60; // values; five minutes of a usual sensor

const histories = new Map(); // by sensor id: { channel, points: [{ at, value }] }, oldest first

// Take in the readings of a sensor (newest first), those that are new.
export function remember(sensor) {
  const newest = sensor.readings[0];
  if (newest === undefined) return;
  const known = histories.get(sensor.id) ?? { channel: Object.keys(newest.channels)[0], points: [] };
  const last = known.points.at(-1)?.at ?? "";
  for (const reading of sensor.readings.toReversed()) {
    const value = reading.channels[known.channel];
    if (reading.received_at > last && value !== undefined) known.points.push({ at: reading.received_at, value });
  }
  known.points = known.points.slice(-KEPT);
  histories.set(sensor.id, known);
}

export function channelOf(sensor) {
  return histories.get(sensor.id)?.channel ?? "";
}

export function makeSparkline() {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "sparkline");
  picture.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true"); // the values beside it say the same
  picture.append(document.createElementNS(SVG, "polyline"));
  return picture;
}

export function drawSparkline(picture, sensor) {
  const values = (histories.get(sensor.id)?.points ?? []).map((point) => point.value);
  const lowest = Math.min(...values);
  const range = Math.max(...values) - lowest || 1;
  const step = (WIDTH - 2 * MARGIN) / Math.max(values.length - 1, 1);
  const points = values.map((value, index) => {
    const height = ((value - lowest) / range) * (HEIGHT - 2 * MARGIN);
    return `${(MARGIN + index * step).toFixed(1)},${(HEIGHT - MARGIN - height).toFixed(1)}`;
  });
  picture.firstChild.setAttribute("points", points.join(" "));
}
