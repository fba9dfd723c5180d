import { KvError } from '@kv/protocol';

/**
 * Loads an engine that comes as a package of its own, with a driver in machine code that not everybody wants.
 *
 * @throws {KvError} `UNSUPPORTED` if it is not installed, or does not load.
 */
export async function loaded<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = isMissing ? `this needs ${name}: npm install ${name}` : `${name}: ${reason}`;
    throw new KvError('UNSUPPORTED', message, { cause });
  }
}
