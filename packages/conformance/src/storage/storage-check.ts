import type { Storage, StorageCapabilities } from '@kv/core';
import type { Awaitable } from '@kv/protocol';

/** What {@link storageSuite} needs to know of an engine. */
export interface StorageSuiteOptions {
  /** What the suite is called in the report. */
  readonly name: string;
  /** Opens a storage that is new and empty, and shares nothing with any other. */
  open(): Awaitable<Storage>;
  /**
   * Closes a storage that `open` or `reopen` gave, and opens its data again. An engine that declares
   * itself `persistent` must give it.
   */
  reopen?(storage: Storage): Awaitable<Storage>;
  /** What the generated tests start from: an integer, 1 by default. A failure says which it was. */
  readonly seed?: number | undefined;
}

/** The storage that a check is about. The suite closes it afterwards if the check has not. */
export interface StorageFixture {
  readonly storage: Storage;
  readonly seed: number;
  /** Closes the storage, if that has not been done. */
  readonly close: () => Promise<void>;
  /** Closes the storage and opens its data again. From then on that one is `storage`. */
  readonly reopen: () => Promise<Storage>;
}

/** One sentence of the contract, and how to find out whether it holds. */
export interface StorageCheck {
  readonly title: string;
  /** The capability without which there is nothing to check. */
  readonly needs?: keyof StorageCapabilities;
  /** Rejects if the sentence does not hold. */
  run(fixture: StorageFixture): Promise<void>;
}

/**
 * Runs a check on a storage of its own.
 *
 * @returns false if the engine lacks the capability, and nothing was checked.
 * @throws whatever the check does.
 */
export async function runStorageCheck(
  { needs, run }: StorageCheck,
  options: StorageSuiteOptions,
): Promise<boolean> {
  const fixture = new OpenFixture(await options.open(), options);
  try {
    if (needs !== undefined && !fixture.storage.capabilities[needs]) return false;
    await run(fixture);
    return true;
  } finally {
    await fixture.close();
  }
}

class OpenFixture implements StorageFixture {
  storage: Storage;
  readonly #options: StorageSuiteOptions;
  #closed = false;

  constructor(storage: Storage, options: StorageSuiteOptions) {
    this.storage = storage;
    this.#options = options;
  }

  get seed(): number {
    return this.#options.seed ?? 1;
  }

  // Checks take these out of the fixture.

  readonly close = async (): Promise<void> => {
    if (this.#closed) return;
    this.#closed = true;
    await this.storage.close();
  };

  readonly reopen = async (): Promise<Storage> => {
    const { reopen } = this.#options;
    if (reopen === undefined) {
      throw new Error('The storage declares itself persistent: storageSuite needs its `reopen`');
    }
    // Should it fail, there is nothing left that could be closed.
    this.#closed = true;
    this.storage = await reopen(this.storage);
    this.#closed = false;
    return this.storage;
  };
}
