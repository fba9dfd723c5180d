import { BlockList, isIP } from 'node:net';
import type { ListenAddress } from '@kv/core';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether only processes of this machine can reach what listens there. */
export function isLocal({ url }: ListenAddress): boolean {
  if (url.startsWith('unix:')) return true;
  // The address that was bound: a name has been resolved. IPv6 stands in brackets.
  const host = /^kvs?:\/\/\[?(.*?)\]?:\d+$/.exec(url)?.[1] ?? '';
  const family = isIP(host);
  return family !== 0 && LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
