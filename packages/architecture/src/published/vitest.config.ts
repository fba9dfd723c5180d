import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Apart from the other tests, which need neither a registry nor a minute.
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['packages/architecture/src/published/*.test.ts'],
    globalSetup: 'packages/architecture/src/published/global-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});

export default config;
