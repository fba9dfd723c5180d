import type { Comparison, Results } from '../results.js';
import { ratio } from './format.js';

/** A bar: one measure's ratio to Redis. */
interface Bar extends Comparison {
  readonly name: string;
}

const WIDTH = 720;
const LEFT = 150;
const RIGHT = 150;
const TOP = 64;
const ROW = 34;
const BAR = 18;

// Colours of middle lightness: the picture has no ground of its own, and stands on white and on black.
const TEXT = '#768089';
const OURS = '#3b82c4';
const REDIS = '#d0503f';

/**
 * Draws how our server does beside Redis, as SVG.
 *
 * @returns nothing if the servers were not measured.
 */
export function chart({ groups, machine, runs, startedAt }: Results): string | undefined {
  const measures = groups.find(({ name }) => name === 'server')?.measures ?? [];
  // The first comparison of each is that of the server as people start it.
  const bars = measures.flatMap(({ name, comparisons }): Bar[] =>
    comparisons
      .slice(0, 1)
      .filter(({ baseline }) => baseline === 'redis-server')
      .map((comparison) => ({ ...comparison, name })),
  );
  if (bars.length === 0) return undefined;
  const most = Math.max(1.1, ...bars.map((bar) => bar.ratio.max));
  const scale = (WIDTH - LEFT - RIGHT) / most;
  const bottom = TOP + bars.length * ROW;
  const title = 'Requests a second of kv serve, with redis-server = 1';
  return lines(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 62}" width="${WIDTH}" height="${bottom + 62}" role="img" font-family="system-ui, sans-serif" font-size="14" fill="${TEXT}">`,
    `<title>${title}</title>`,
    text(16, 28, title, 'font-size="17" font-weight="600"'),
    ...bars.flatMap((bar, i) => drawn(bar, TOP + i * ROW, scale)),
    line(LEFT + scale, TOP - 8, LEFT + scale, bottom, `stroke="${REDIS}" stroke-width="2"`),
    text(
      LEFT + scale,
      TOP - 14,
      'redis-server',
      `text-anchor="middle" font-size="12" fill="${REDIS}"`,
    ),
    line(LEFT, TOP - 8, LEFT, bottom, `stroke="${TEXT}"`),
    ...[
      `50 connections, one core each for server and load; median of ${runs} runs, with their range`,
      `${machine.processor}, Node.js ${machine.node}, Redis ${machine.redis}, ${startedAt.slice(0, 10)}`,
    ].map((note, i) => text(16, bottom + 24 + i * 18, note, 'font-size="12"')),
    '</svg>',
  );
}

function drawn({ name, ratio: { median, min, max } }: Bar, top: number, scale: number): string[] {
  const middle = top + ROW / 2;
  const x = (value: number): number => LEFT + value * scale;
  const whisker = `stroke="${OURS}" stroke-width="2"`;
  const said = `${ratio(median)}  (${ratio(min)} – ${ratio(max)})`;
  return [
    text(LEFT - 12, middle + 5, name, 'text-anchor="end"'),
    `<rect x="${LEFT}" y="${middle - BAR / 2}" width="${round(median * scale)}" height="${BAR}" rx="2" fill="${OURS}" fill-opacity="0.45"/>`,
    line(x(min), middle, x(max), middle, whisker),
    line(x(min), middle - 5, x(min), middle + 5, whisker),
    line(x(max), middle - 5, x(max), middle + 5, whisker),
    text(WIDTH - RIGHT + 12, middle + 5, said, ''),
  ];
}

function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" ${style}/>`;
}

function text(x: number, y: number, content: string, style: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${round(x)}" y="${round(y)}"${style && ` ${style}`}>${escaped}</text>`;
}

function lines(...parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
