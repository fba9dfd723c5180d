import { spawn } from 'node:child_process';
import { once } from 'node:events';

const BUILT = new URL('../../dist/index.js', import.meta.url);

const CODE = `
  const { LevelStorage } = await import(process.argv[1]);
  const storage = await LevelStorage.open({ directory: process.argv[2] });
  let written = 0;
  for (;;) {
    await Promise.all(Array.from({ length: 10 }, (_, i) => storage.set('t', 'key' + (written + i), BigInt(written + i))));
    written += 10;
    process.send(written);
  }
`;

/**
 * Has a process of its own write `key0`, `key1` and so on into the table `t`, and kills it in the middle of that. It
 * runs what was built, not the sources.
 *
 * @returns how many writes were answered before it was killed, at least.
 */
export async function writeAndBeKilled(directory: string): Promise<number> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', CODE, BUILT.href, directory],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  let written = 0;
  child.on('message', (count: number) => {
    written = count;
    if (count >= 200) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return written;
}
