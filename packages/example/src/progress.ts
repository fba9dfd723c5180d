import { formatCount } from './format.js';
import type { Output } from './output.js';

/** How many times a line is written over on the way to 100%. */
const TTY_STEPS = 100;
/** How many lines there are where each one stays, in a file or a log. */
const PLAIN_STEPS = 4;

const CLEAR_TO_END_OF_LINE = '\x1b[K';

/**
 * Shows how far `work` has come: on a terminal in one line that is written over, elsewhere in a few
 * lines.
 *
 * @param total how many records make 100%.
 * @param work is given a function to call with every few records more that are done.
 * @returns what `work` returns.
 */
export async function withProgress<Result>(
  output: Output,
  label: string,
  total: number,
  work: (advance: (records: number) => void) => Promise<Result>,
): Promise<Result> {
  const { isTTY = false } = output;
  const steps = isTTY ? TTY_STEPS : PLAIN_STEPS;
  let done = 0;
  let shown = 0;
  const advance = (records: number): void => {
    done += records;
    const step = Math.floor((done / total) * steps);
    if (step === shown) return;
    shown = step;
    const percent = String(Math.floor((done / total) * 100)).padStart(3);
    const line = `${label} ${percent}%  ${formatCount(done)} of ${formatCount(total)} records`;
    output.write(isTTY ? `\r${line}${CLEAR_TO_END_OF_LINE}` : `${line}\n`);
  };
  try {
    return await work(advance);
  } finally {
    // Whatever comes next, an error too, gets a line of its own.
    if (isTTY && shown > 0) output.write('\n');
  }
}
