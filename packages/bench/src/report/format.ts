/** Rates, ratios and times for people to read: three digits, which is more than any of them is worth. */

export function rate(perSecond: number): string {
  if (perSecond >= 999_500) return `${(perSecond / 1e6).toPrecision(3)} M/s`;
  if (perSecond >= 1000) return `${(perSecond / 1e3).toPrecision(3)} k/s`;
  return `${perSecond.toFixed(0)} /s`;
}

export function ratio(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

export function micros(value: number): string {
  if (value >= 100_000) return `${(value / 1000).toFixed(0)} ms`;
  if (value >= 1000) return `${(value / 1000).toPrecision(3)} ms`;
  return `${value.toPrecision(3)} µs`;
}
