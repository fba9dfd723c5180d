import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { DataFormat } from '../marker.js';

const BUILT = new URL('../../dist/index.js', import.meta.url);

const CODE = `
  const { DataDirectory } = await import(process.argv[1]);
  try {
    const directory = await DataDirectory.open(process.argv[2], JSON.parse(process.argv[3]));
    process.send({ id: directory.marker.id });
  } catch ({ code }) {
    process.send({ code });
  }
  // Until it is told to end, or killed.
  process.on('message', () => process.disconnect());
`;

/** A process of its own that opens a directory, and has it until it ends. It runs what was built, not the sources. */
export class Holder {
  readonly #child: ChildProcess;
  /** What the directory's marker says, or the code of the error with which opening it failed. */
  readonly answer: { readonly id?: string; readonly code?: string };

  private constructor(child: ChildProcess, answer: Holder['answer']) {
    this.#child = child;
    this.answer = answer;
  }

  static async start(path: string, format: DataFormat): Promise<Holder> {
    const args = ['--input-type=module', '--eval', CODE, BUILT.href, path, JSON.stringify(format)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [answer] = (await once(child, 'message')) as [Holder['answer']];
    return new Holder(child, answer);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends it, in its own time or at once, and waits until it is gone. */
  async end(how: 'itself' | 'SIGKILL'): Promise<void> {
    const ended = once(this.#child, 'exit');
    if (how === 'SIGKILL') this.#child.kill('SIGKILL');
    else this.#child.send('end');
    await ended;
  }
}
