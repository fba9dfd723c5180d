import type { ConnectionOptions, SecureContextOptions } from 'node:tls';

/**
 * How the client speaks TLS, as Node.js has it: `ca` for whom to trust instead of those whom the system
 * does; `cert` and `key` to say who the client is; `servername` for the name that the server's
 * certificate must be for, if it is not that of the target (over a unix socket: `localhost`).
 */
export interface TlsClientOptions
  extends SecureContextOptions,
    Pick<ConnectionOptions, 'servername' | 'rejectUnauthorized' | 'checkServerIdentity'> {}
