import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
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
  test: {
    include: ['packages/*/src/**/*.test.ts'],
    // The first have a configuration of their own. The others load the machine, and would disturb those
    // beside them: `pnpm test:bench` runs them alone.
    exclude: [
      'packages/architecture/src/published/**',
      ...(process.env['KV_BENCH'] ? [] : ['packages/bench/**']),
    ],
  },
});
