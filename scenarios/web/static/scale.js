// From values to pixels, and where the grid lines are.

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
const LOG_FROM = 40;
const LOG_UNTIL = 15;

// Whether a logarithmic axis reads better. What was chosen stays for a while, lest the axis flicker with each second.
export function prefersLog(values, before) {
  const positive = values.filter((value) => value > 0);
  if (!positive.length) return false;
  const spread = extreme(positive, Math.max) / extreme(positive, Math.min);
  return spread > (before ? LOG_UNTIL : LOG_FROM);
}

export function linear(values, { integers = false } = {}) {
  const most = Math.max(extreme(values, Math.max, 0), integers ? 4 : 1e-3);
  const step = niceStep(most / 4, integers);
  const top = Math.ceil(most / step - 1e-9) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  return { ticks, of: (value) => value / top };
}

export function logarithmic(values) {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(extreme(positive, Math.min)));
  const high = Math.max(Math.ceil(Math.log10(extreme(positive, Math.max))), low + 1);
  const factors = high - low > 2 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = low; power < high; power += 1) ticks.push(...factors.map((factor) => factor * 10 ** power));
  ticks.push(10 ** high);
  return { ticks, of: (value) => (value > 0 ? Math.max(Math.log10(value) - low, 0) / (high - low) : 0) };
}

export function timeTicks(from, until, most) {
  const step = TIME_STEPS.find((seconds) => (until - from) / seconds <= most) ?? TIME_STEPS.at(-1);
  const ticks = [];
  for (let t = Math.ceil(from / step) * step; t <= until; t += step) ticks.push(t);
  return ticks;
}

// Not Math.max(...values): a long run has more values than a call may have arguments.
export function extreme(values, choose, start = values[0]) {
  return values.reduce((found, value) => choose(found, value), start);
}

function niceStep(rough, integers) {
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power;
  return integers ? Math.max(1, Math.ceil(step)) : step;
}
