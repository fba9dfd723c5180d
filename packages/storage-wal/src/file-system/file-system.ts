/** How a file is opened. */
export interface OpenOptions {
  /** Whether it is made, or emptied if it is there; it must be there otherwise. */
  readonly create?: boolean;
  /** Whether it is read only; it can be written otherwise. */
  readonly readOnly?: boolean;
  /** Whether each write is durable when it is over, as it is after a {@link File.datasync}. */
  readonly durable?: boolean;
}

/** A file that is open. Positions and lengths are in bytes. */
export interface File {
  /** Fills `into` from a position on, and answers how many bytes there were: fewer only at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes`. If it fails, any part of them may have been written. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** The same on the event loop, which it keeps waiting. */
  writeSync(bytes: Uint8Array, position: number): void;
  /**
   * Makes durable what was written, and the file's length. If it fails, nobody knows what is durable, nor can
   * that be mended by another attempt: the system may have let go of what it could not write.
   */
  datasync(): Promise<void>;
  /** Makes it so long: what is behind is gone, what is missing is zeros. */
  truncate(length: number): Promise<void>;
  /** How long it is. */
  size(): Promise<number>;
  /** To be called once, when nothing is under way. */
  close(): Promise<void>;
}

/**
 * The files of a log, as it uses them: the seam at which tests put a file system that forgets what was not
 * synced, or fails. What fails is rejected or thrown with the system's error, whose `code` counts.
 */
export interface FileSystem {
  /** Opens a file, for {@link File.close} to be called. */
  open(path: string, options?: OpenOptions): Promise<File>;
  /** The names of the files and directories in a directory. */
  list(directory: string): Promise<string[]>;
  /** Gives a file another name, in the place of what has that name: at one time, or not at all. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. */
  remove(path: string): Promise<void>;
  /** Makes durable which files a directory has. */
  syncDirectory(path: string): Promise<void>;
}
