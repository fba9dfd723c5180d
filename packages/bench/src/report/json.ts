import type { Results } from '../results.js';

/** The results as JSON, laid out as the formatter of this repository would: runs of numbers in a line. */
export function json(results: Results): string {
  const laidOut = JSON.stringify(results, null, 2);
  return `${laidOut.replace(/\[\n\s+([-\d.,e+\s]+?)\n\s+\]/g, (_, numbers: string) => {
    return `[${numbers.replace(/\s+/g, ' ')}]`;
  })}\n`;
}
