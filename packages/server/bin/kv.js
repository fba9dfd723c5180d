#!/usr/bin/env node
import { processIo, run } from '../dist/index.js';

// Set, not exited with: what is still on its way to a pipe gets there.
process.exitCode = await run(process.argv.slice(2), processIo());
