/** A server in a process of its own, on 127.0.0.1. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  /** Ends it, and waits until it is gone. */
  close(): Promise<void>;
}
