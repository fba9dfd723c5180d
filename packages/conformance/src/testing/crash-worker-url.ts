/** Runs what was built. */
const WORKER = new URL('../../dist/.testing/testing/crash-worker.js', import.meta.url);

/** What may be different about the worker. */
interface Peculiarities {
  readonly fault?: string;
  readonly snapshots?: 'none';
}

/** The worker that opens a `JsonLinesStorage`. */
export function crashWorker(peculiarities: Peculiarities = {}): URL {
  const url = new URL(WORKER);
  for (const [name, value] of Object.entries(peculiarities)) url.searchParams.set(name, value);
  return url;
}
