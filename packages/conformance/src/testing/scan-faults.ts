import type { Entry, Page, PageRequest, Value } from '@kv/core';
import { type Fault, fault } from './fault.js';
import { ModelStorage } from './model-storage.js';

/** Scans that lose entries, repeat them, give too many at once, or do not end. */
export const scanFaults: readonly Fault[] = [
  fault(
    'begins each page with the entry that ended the one before',
    /^a scan gives every entry/,
    class extends ModelStorage {
      #last: Entry | undefined;

      override scan(table: string, request: PageRequest): Page {
        const { entries, next } = super.scan(table, request);
        const again = request.position && this.#last ? [this.#last] : [];
        this.#last = entries.at(-1);
        return { entries: [...again, ...entries], next };
      }
    },
  ),
  fault(
    'passes over the entry with which a page should begin',
    /^a scan gives (every entry|awkward)/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        const { entries, next } = super.scan(table, request);
        return { entries: entries.slice(request.position ? 1 : 0), next };
      }
    },
  ),
  fault(
    'forgets the entries from the thousandth on',
    /^a scan gives every entry of a table of thousands/,
    class extends ModelStorage {
      override entries(table: string): Map<string, Value> {
        return new Map([...super.entries(table)].slice(0, 1_000));
      }
    },
  ),
  fault(
    'gives keys in another form',
    /^a scan gives awkward|^a scan with a prefix/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        const { entries, next } = super.scan(table, request);
        return { entries: entries.map(([key, value]) => [key.normalize('NFC'), value]), next };
      }
    },
  ),
  fault(
    'fails for a table that is not there',
    /^a scan of a table that is not there/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        if (!this.tables.has(table)) throw new TypeError(`There is no table ${table}`);
        return super.scan(table, request);
      }
    },
  ),
  fault(
    'creates the table that it scans',
    /^a scan of a table that is not there/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        const page = super.scan(table, request);
        this.set(table, 'scanned', true);
        return page;
      }
    },
  ),
  fault(
    'gives all entries as one page',
    /^a page has about as many entries/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        return super.scan(table, { ...request, limit: Number.POSITIVE_INFINITY });
      }
    },
  ),
  fault(
    'gives a page whatever bytes its entries have',
    /^a page has about as many bytes|^an entry larger than a page/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        return super.scan(table, { ...request, maxBytes: Number.POSITIVE_INFINITY });
      }
    },
  ),
  fault(
    'counts the entry that makes a page too large to that page',
    /^an entry larger than a page/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        const page = super.scan(table, request);
        const following = page.next && super.scan(table, { ...request, position: page.next });
        if (following === undefined || following.entries.length > 1) return page;
        return { entries: [...page.entries, ...following.entries], next: following.next };
      }
    },
  ),
  fault(
    'never gets past an entry that is too large for a page',
    /^an entry larger than a page/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        const page = super.scan(table, request);
        const [first] = page.entries;
        if (String(first?.[1]).length <= request.maxBytes) return page;
        return { entries: [], next: request.position ?? new Uint8Array(0) };
      }
    },
  ),
  fault(
    'takes no notice of the prefix',
    /^a scan with a prefix/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        return super.scan(table, { ...request, prefix: '' });
      }
    },
  ),
  fault(
    'takes the prefix for a pattern',
    /^a scan with a prefix/,
    class extends ModelStorage {
      override scan(table: string, { prefix, ...request }: PageRequest): Page {
        const pattern = new RegExp(`^${prefix.replace(/[\\^$+?()[\]{}|]/g, '\\$&')}`);
        const { entries, next } = super.scan(table, { ...request, prefix: '' });
        return { entries: entries.filter(([key]) => pattern.test(key)), next };
      }
    },
  ),
  fault(
    'ends a scan with a prefix at a page without a match',
    /^a scan with a prefix/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        const { entries, next } = super.scan(table, { ...request, prefix: '' });
        const matching = entries.filter(([key]) => key.startsWith(request.prefix));
        return { entries: matching, next: matching.length === 0 ? undefined : next };
      }
    },
  ),
  fault(
    'goes by number',
    /^what is there throughout a scan|^a scan that deletes/,
    class extends ModelStorage {
      override scan(table: string, { position, limit }: PageRequest): Page {
        const entries = [...this.entries(table)];
        const start = Number(Buffer.from(position ?? []).toString());
        const next = start + limit < entries.length ? String(start + limit) : undefined;
        const page = entries.slice(start, start + limit);
        return { entries: page, next: next === undefined ? next : Buffer.from(next) };
      }
    },
  ),
  fault(
    'ends where the entry is gone that ended the page before',
    /^a scan that deletes/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        const last = request.position && Buffer.from(request.position).toString();
        const gone = last !== undefined && !this.contains(table, last);
        return gone ? { entries: [], next: undefined } : super.scan(table, request);
      }
    },
  ),
  fault(
    'goes by buckets, of which there are fewer in a smaller table',
    /^what is there throughout a scan/,
    class extends ModelStorage {
      override scan(table: string, { position }: PageRequest): Page {
        const entries = this.getAll(table);
        const buckets = Math.ceil(entries.length / 4);
        const bucket = position === undefined ? 0 : Buffer.from(position).readUInt32BE();
        const next = Buffer.alloc(4);
        next.writeUInt32BE(bucket + 1);
        return {
          entries: entries.filter(([key]) => hashOf(key) % buckets === bucket),
          next: bucket + 1 < buckets ? next : undefined,
        };
      }
    },
  ),
  fault(
    'goes on for ever when there is nothing left',
    /^a scan of a table that is emptied/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        const page = super.scan(table, request);
        const { position } = request;
        return page.entries.length === 0 && position ? { ...page, next: position } : page;
      }
    },
  ),
  fault(
    'has one position for all scans of a table',
    /^a scan goes on from any/,
    class extends ModelStorage {
      #position: Uint8Array | undefined;

      override scan(table: string, request: PageRequest): Page {
        const position = request.position && this.#position;
        const page = super.scan(table, { ...request, position });
        this.#position = page.next;
        return page;
      }
    },
  ),
  fault(
    'reads a page when what was called after it is done',
    /^a page sees the writes/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): never {
        return Promise.resolve().then(() => super.scan(table, request)) as never;
      }
    },
  ),
  fault(
    'fails with another error for a position that it did not give',
    /^a position that was never given out/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        if (request.position) new TextDecoder('utf-8', { fatal: true }).decode(request.position);
        return super.scan(table, request);
      }
    },
  ),
  fault(
    'gives a page of something else for a position that it did not give',
    /^a position that was never given out/,
    class extends ModelStorage {
      override scan(table: string, request: PageRequest): Page {
        if (request.position?.length !== 0) return super.scan(table, request);
        return { entries: [['', '']], next: undefined };
      }
    },
  ),
  fault(
    'gives the arrays that it stores',
    /^bytes that scan answered/,
    class extends ModelStorage {
      override scan(table: string): Page {
        return { entries: [...this.entries(table)], next: undefined };
      }
    },
  ),
];

function hashOf(text: string): number {
  let hash = 0;
  for (const letter of text)
    hash = Math.imul(hash + (letter.codePointAt(0) ?? 0), 0x9e3779b1) >>> 0;
  return hash;
}
