export type { TcpTransportOptions } from './options.js';
export { type TcpListenOptions, TcpTransport, type TcpTransportStats } from './tcp-transport.js';
export type { TlsReloadOptions, TlsServerOptions } from './tls-acceptor.js';
