import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * Tests that load the machine, or tell how long somebody waits: each kind runs alone, file by file, in the
 * mode of its name: `vitest --mode abuse`.
 */
const ALONE: Readonly<Record<string, { include: string[]; execArgv?: string[]; retry?: number }>> =
  {
    // A machine that others use may stand still for a second; what makes a neighbour wait does so each time.
    abuse: { include: ['packages/server/src/abuse*.test.ts'], retry: 2 },
    bench: { include: ['packages/bench/src/**/*.test.ts'] },
    crash: { include: ['packages/storage-*/src/crash-suite.test.ts'] },
    torture: {
      include: ['packages/*/src/torture/**/*.test.ts'],
      execArgv: ['--max-old-space-size=8192'],
    },
  };

export default defineConfig(({ mode }) => ({
  resolve: {
    // Tests run against the sources of every package, so that a change needs no build to be seen; save
    // those of the command and of the README, which run what was built.
    alias: [
      {
        find: /^@kv\/([a-z-]+)$/,
        replacement: fileURLToPath(new URL('packages/$1/src/index.ts', import.meta.url)),
      },
    ],
  },
  test:
    mode in ALONE
      ? { ...ALONE[mode], fileParallelism: false }
      : {
          include: ['packages/*/src/**/*.test.ts'],
          // The first have a configuration of their own.
          exclude: [
            'packages/architecture/src/published/**',
            ...Object.values(ALONE).flatMap(({ include }) => include),
          ],
        },
}));
