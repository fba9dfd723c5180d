import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const BUILT = new URL('../../dist/index.js', import.meta.url);

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A process of its own, for what ends with it. It runs what was built, not the sources. Its code has `LmdbStorage`,
 * the path of a `directory`, and `say`, which tells the test something.
 */
export class LmdbProcess {
  /** What it has said. */
  readonly said: unknown[] = [];
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  /** @param maxFileBlocks how large a file it may make, in blocks of 512 bytes. */
  constructor(code: string, directory: string, maxFileBlocks: number | 'unlimited' = 'unlimited') {
    const module = `
      const [, built, directory] = process.argv;
      const { LmdbStorage } = await import(built);
      const say = (what) => process.send(what);
      ${code}
      process.disconnect();
    `;
    const node = [process.execPath, '--input-type=module', '--eval', module, BUILT.href, directory];
    const script = `ulimit -f ${maxFileBlocks} && exec "$0" "$@"`;
    this.#child = spawn('sh', ['-c', script, ...node], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (what) => this.said.push(what));
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** Waits until it has said so many things. */
  async saying(count: number): Promise<void> {
    while (this.said.length < count) await once(this.#child, 'message');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
