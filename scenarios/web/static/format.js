// Numbers for readers: three significant digits, no false precision.

export const NONE = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function count(value) {
  return value === null || value === undefined ? NONE : whole.format(value);
}

export function number(value) {
  if (value === null || value === undefined) return NONE;
  if (value === 0) return "0";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return digits ? String(Number(value.toFixed(digits))) : whole.format(value);
}

export function ms(value) {
  return value === null || value === undefined ? NONE : `${number(value)} ms`;
}

export function percent(part, all) {
  return all ? `${number((100 * part) / all)} %` : NONE;
}

// 83 -> 1:23, 3723 -> 1:02:03
export function clock(seconds) {
  const rounded = Math.round(seconds);
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(rounded / 3600), Math.floor((rounded % 3600) / 60)];
  return hours ? `${hours}:${two(minutes)}:${two(rounded % 60)}` : `${minutes}:${two(rounded % 60)}`;
}

export function timeOfDay(epochMs) {
  return new Date(epochMs).toLocaleTimeString([], { hourCycle: "h23" });
}
