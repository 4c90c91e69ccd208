/** The value that this share of the others is not above; of none, not a number. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The middle half of the values, in words: what noise there was. */
export function spread(values: readonly number[]): string {
  return `${percentile(values, 0.25).toFixed(1)} to ${percentile(values, 0.75).toFixed(1)}`;
}
