/** The port of a server, where none is named. */
export const DEFAULT_PORT = 9527;
