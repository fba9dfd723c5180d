import type { Results } from '../results.js';
import { headLines } from './head-lines.js';
import { RATIO_HEADING, RATIO_NUMBERS, ratioRows } from './ratio-rows.js';

/** The last section of the README: what follows is generated. */
const HEADING = '## The latest results\n';

/** A document with its section of results replaced by these. */
export function withResults(document: string, results: Results): string {
  const [written = ''] = document.split(HEADING);
  return `${written}${HEADING}\n${markdown(results)}`;
}

/** The ratios as tables in Markdown. */
function markdown(results: Results): string {
  const head = headLines(results).map((line) => `- ${line}\n`);
  const groups = results.groups.map(
    (group) => `\n### ${group.title}\n\n${tableOf([RATIO_HEADING, ...ratioRows(group)])}`,
  );
  return [...head, ...groups].join('');
}

function tableOf([heading = [], ...rows]: readonly (readonly string[])[]): string {
  const all = [heading, ...rows];
  const widths = heading.map((_, i) => Math.max(3, ...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string => {
    const cells = row.map((cell, i) =>
      RATIO_NUMBERS.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
    );
    return `| ${cells.join(' | ')} |\n`;
  };
  const rule = widths.map((width, i) =>
    RATIO_NUMBERS.has(i) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(heading), line(rule), ...rows.map(line)].join('');
}
