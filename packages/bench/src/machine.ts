import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import type { Cores } from './processes/cores.js';
import { redisVersion } from './processes/redis-server.js';
import type { Machine } from './results.js';

/** What the figures are measured on. */
export async function describeMachine(cores: Cores): Promise<Machine> {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() || process.arch,
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}${isVirtual() ? ', virtual' : ''}`,
    node: process.version,
    redis: (await redisVersion()) ?? 'not installed',
    pinning: cores.description,
  };
}

/** Whether this is a virtual machine, whose neighbours are part of the noise. */
function isVirtual(): boolean {
  try {
    return /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}
