import { expect, test } from 'vitest';
import { runExample } from './example.js';
import type { Output } from './output.js';

const never = new AbortController().signal;

/** Keeps what is written, and tells of it at once. */
function recordingOutput(onWrite: (text: string) => void = () => {}): Output & { text: string } {
  return {
    text: '',
    write(text) {
      this.text += text;
      onWrite(text);
    },
  };
}

test('loads over the socket, verifies both ways, and tells of it', async () => {
  const output = recordingOutput();
  await runExample({ limit: 2000, signal: never, output });
  expect(output.text).toMatch(/^2,000 cities, 6 records each\n/);
  expect(output.text).toMatch(/Engine in this process, and behind kv:\/\/127\.0\.0\.1:\d+\n/);
  expect(output.text).toMatch(/Loaded over TCP: 12,000 records in [\d.]+ s \([\d,]+ records\/s\)/);
  expect(output.text).toMatch(/Read in-process: 12,000 records in /);
  expect(output.text).toMatch(/Read over TCP: {3}12,000 records in /);
  expect(output.text).toContain('Both agree on every record.');
  expect(output.text).toContain(
    "3041563: { name: 'Andorra la Vella', country: 'AD', population: 20430n, ",
  );
  expect(output.text).toContain('atlantis: null');
  expect(output.text).toContain('in-process: FORBIDDEN, Table city.population is read-only');
  expect(output.text).toContain('over TCP:   FORBIDDEN, Table city.population is read-only');
  expect(output.text).toMatch(/Requests counted by a hook: \d+ tcp, 7 in-process\n$/);
});

test('a limit of one city is enough', async () => {
  const output = recordingOutput();
  await runExample({ limit: 1, signal: never, output });
  expect(output.text).toContain('Both agree on every record.');
});

test('an interruption while it loads ends it, with everything closed', async () => {
  const interruption = new AbortController();
  const output = recordingOutput((text) => {
    if (text.includes('Loading    25%')) interruption.abort();
  });
  const running = runExample({ limit: 2000, signal: interruption.signal, output });
  await expect(running).rejects.toMatchObject({ name: 'KvError', code: 'CANCELLED' });
  expect(output.text).not.toContain('Loaded');
});
