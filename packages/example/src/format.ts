const wholeNumber = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `1234567` as `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return wholeNumber.format(count);
}

/** How many in how long: `1,000 records in 0.25 s (4,000 records/s)`. */
export function formatRate(records: number, ms: number): string {
  const seconds = ms / 1000;
  const rate = formatCount(records / seconds);
  return `${formatCount(records)} records in ${seconds.toFixed(2)} s (${rate} records/s)`;
}
