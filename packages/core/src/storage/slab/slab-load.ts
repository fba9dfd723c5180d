import { ByteWindow } from './byte-window.js';
import { EntryListReader } from './entry-list.js';
import type { SlabStore } from './slab-store.js';

/** Takes in lists of entries that were dumped. */
export class SlabLoad {
  readonly #store: SlabStore;
  readonly #list = new EntryListReader();
  readonly #window = new ByteWindow();

  constructor(store: SlabStore) {
    this.#store = store;
  }

  /** Stores the entries of a list. */
  load(bytes: Buffer, view: DataView, start: number, end: number): void {
    const store = this.#store;
    const list = this.#list;
    const window = this.#window;
    window.share(bytes, view);
    list.open(bytes, view, start, end);
    const table = store.tableFor(list.name);
    // A budget counts an index as it grows.
    if (store.budget === undefined) table.index.presize(list.tableEntries);
    while (list.next()) {
      const { keyStart, keyEnd, valueStart, valueEnd } = list;
      const hash = store.hash.hash(view, keyStart, keyEnd);
      const found = table.find(hash, window, keyStart, keyEnd);
      store.put(table, hash, found, window, keyStart, keyEnd, valueStart, valueEnd);
    }
  }
}
