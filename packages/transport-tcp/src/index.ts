export type { TcpTransportOptions } from './options.js';
export { TcpTransport, type TcpTransportStats } from './tcp-transport.js';
