import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Value } from '@kv/core';
import { decodeLine, encodeLine, type Line } from './json-line.js';
import { append, JsonLinesStorage, openFile } from './json-lines-storage.js';

/** A storage that loses or spoils something when its process is killed, and the checks that must find it out. */
export interface CrashFault {
  /** Matches the titles of those checks. */
  readonly caughtBy: RegExp;
  /** What these say, if it is not that something else is under a key than can be. */
  readonly says?: string | RegExp;
  readonly storage: typeof JsonLinesStorage;
}

const CLOSED = /^what was written is there after the storage was closed/;
const WRITING = /after a kill while writing$/;

/** Every fault, by what the storage does. */
export const crashFaults: Readonly<Record<string, CrashFault>> = {
  'answers a write before it is in the file': {
    caughtBy: WRITING,
    storage: class extends JsonLinesStorage {
      #late: Line | undefined;

      override async append(line: Line): Promise<void> {
        if (this.#late !== undefined) await super.append(this.#late);
        this.#late = line;
      }
    },
  },
  'writes each op by itself': {
    caughtBy: WRITING,
    storage: class extends JsonLinesStorage {
      override async append({ table, ops }: Line): Promise<void> {
        for (const op of ops) await super.append({ table, ops: [op] });
      }
    },
  },
  'writes down nothing that comes by the lane': {
    caughtBy: CLOSED,
    storage: class extends JsonLinesStorage {
      override defer(_: Line | undefined, carryOut: () => void): Promise<void> | undefined {
        return super.defer(undefined, carryOut);
      }
    },
  },
  'writes down no deletions': {
    caughtBy: CLOSED,
    storage: class extends JsonLinesStorage {
      override append({ table, ops }: Line): Promise<void> {
        return super.append({ table, ops: ops.filter(({ op }) => op === 'set') });
      }
    },
  },
  'passes over the last write when it is opened': {
    caughtBy: CLOSED,
    storage: class extends JsonLinesStorage {
      override replay(lines: readonly string[]): void {
        super.replay(lines.slice(0, -1));
      }
    },
  },
  'writes on behind a line that is not whole': {
    caughtBy: WRITING,
    storage: class extends JsonLinesStorage {
      override async recover(): Promise<void> {
        const lines = (await this.file.readFile('utf8')).split('\n');
        this.replay(lines.filter(isWhole));
      }
    },
  },
  'takes what there is of a line for the whole': {
    caughtBy: WRITING,
    storage: class extends JsonLinesStorage {
      override async recover(): Promise<void> {
        const text = await this.file.readFile('utf8');
        const lines = text.split('\n').filter((line) => line !== '');
        const rest = lines.at(-1) ?? '';
        const mended = ['', '"]]]}', ']]]}', ']]}', ']}'].map((end) => rest + end).find(isWhole);
        await this.file.truncate();
        this.replay([...lines.slice(0, -1), ...(mended ? [mended] : [])]);
        await append(this.file, this.lines());
      }
    },
  },
  'keeps of long text what fits a page': {
    caughtBy: CLOSED,
    storage: class extends JsonLinesStorage {
      override append({ table, ops }: Line): Promise<void> {
        const short = (value: Value) => (typeof value === 'string' ? value.slice(0, 4096) : value);
        const paged = ops.map((op) => (op.op === 'set' ? { ...op, value: short(op.value) } : op));
        return super.append({ table, ops: paged });
      }
    },
  },
  'replays what was written from the end to the beginning': {
    caughtBy: CLOSED,
    storage: class extends JsonLinesStorage {
      override replay(lines: readonly string[]): void {
        super.replay(lines.toReversed());
      }
    },
  },
  'fails with what is large': {
    caughtBy: CLOSED,
    says: /^Call \d+ failed: Error: There is no room\n/,
    storage: class extends JsonLinesStorage {
      override append(line: Line): Promise<void> {
        if (encodeLine(line).length > 10_000) throw new Error('There is no room');
        return super.append(line);
      }
    },
  },
  'makes a snapshot in the place of the file': {
    caughtBy: /^a snapshot that is killed/,
    storage: class extends JsonLinesStorage {
      override async rewrite(): Promise<void> {
        await this.file.truncate();
        await append(this.file, this.lines());
      }
    },
  },
  'goes on with the old file when there is a snapshot': {
    caughtBy: /^what was answered since a snapshot/,
    storage: class extends JsonLinesStorage {
      override async rewrite(): Promise<void> {
        const old = await openFile(this.path);
        await super.rewrite();
        // Left to the garbage collector, it would end the process.
        await this.file.close();
        this.file = old;
      }
    },
  },
  'makes a new file in place of the old when it is opened': {
    caughtBy: /^an opening that is killed/,
    storage: class extends JsonLinesStorage {
      override async recover(): Promise<void> {
        await super.recover();
        await this.file.truncate();
        await append(this.file, this.lines());
      }
    },
  },
  'refuses a file that it has not yet declared its own': {
    caughtBy: /^a first opening that is killed/,
    says: 'Whose file is this?',
    storage: class extends JsonLinesStorage {
      static override async open(directory: string): Promise<JsonLinesStorage> {
        const mark = `${directory}/format`;
        const known = existsSync(mark);
        if (!known && existsSync(`${directory}/data.jsonl`)) throw new Error('Whose file is this?');
        const storage = await JsonLinesStorage.open(directory);
        if (!known) await writeFile(mark, 'JSON lines');
        return storage;
      }
    },
  },
  'answers what waits when it is closed, and does not write it': {
    caughtBy: CLOSED,
    storage: class extends JsonLinesStorage {
      #closing = false;

      override async append(line: Line): Promise<void> {
        if (!this.#closing) await super.append(line);
      }

      override close(): Promise<void> {
        this.#closing = true;
        return super.close();
      }
    },
  },
  'makes a new file in place of the old when it is closed': {
    caughtBy: /^what was answered is there after a kill while closing/,
    storage: class extends JsonLinesStorage {
      override async close(): Promise<void> {
        await this.queue(async () => {
          await this.file.truncate();
          await append(this.file, this.lines());
        });
        await super.close();
      }
    },
  },
};

function isWhole(line: string): boolean {
  try {
    decodeLine(line);
    return true;
  } catch {
    return false;
  }
}
