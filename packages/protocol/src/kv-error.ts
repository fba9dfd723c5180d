/**
 * Every code an error can have, and the HTTP status that stands for it on the wire. One to one:
 * only the status travels, and the other side gets the code back from it.
 */
export const ERROR_STATUS = {
  /** The command, or a part of it, makes no sense. The general code for 4xx. */
  INVALID_COMMAND: 400,
  /** The peer has not said who it is, and must. */
  UNAUTHENTICATED: 401,
  /** The peer may not do this. */
  FORBIDDEN: 403,
  /** There is no such key. Clients answer `null` instead. */
  NOT_FOUND: 404,
  /** What was asked for was there, and is not kept any more: the changes after a position, for instance. */
  GONE: 410,
  /** A frame, a name or an answer exceeds its limit. */
  TOO_LARGE: 413,
  /** A queue or a quota is full. */
  TOO_MANY_REQUESTS: 429,
  /** The caller gave up, through its `AbortSignal`. */
  CANCELLED: 499,
  /** A fault of the server's. The general code for 5xx. */
  INTERNAL: 500,
  /** The engine or the storage cannot do this. */
  UNSUPPORTED: 501,
  /** The connection was cut before the answer came: nobody knows whether the command took effect. */
  CONNECTION_LOST: 502,
  /** The client, the engine or the storage is closed, or the server cannot be reached. */
  UNAVAILABLE: 503,
  /** No answer within the time the caller allowed: it may or may not have taken effect. */
  TIMEOUT: 504,
  /** The storage engine failed. */
  STORAGE_FAILURE: 507,
} as const;

/** What kind of error a {@link KvError} is; documented with {@link ERROR_STATUS}. */
export type KvErrorCode = keyof typeof ERROR_STATUS;

const CODE_OF_STATUS = new Map<number, KvErrorCode>(
  Object.entries(ERROR_STATUS).map(([code, status]) => [status, code as KvErrorCode]),
);

/** What an error came of: the options of `Error`, whose own type applications for older targets do not have. */
interface Cause {
  readonly cause?: unknown;
}

/** By what errors know each other that come from different copies of this package. */
const BRAND = Symbol.for('kv.KvError');

/**
 * The one class of errors, the same on both sides of a connection. The message is for the caller and
 * says nothing of the server's inside; what caused it is in `cause`, and stays where it happened.
 *
 * An error of another copy of this package, as there may be when parts of an application were installed
 * at different times, is an `instanceof` this one too.
 */
export class KvError extends Error {
  override readonly name = 'KvError';
  readonly code: KvErrorCode;

  static {
    // On the prototype, where neither a log nor a comparison sees it.
    Object.defineProperty(KvError.prototype, BRAND, { value: true });
    Object.defineProperty(KvError, Symbol.hasInstance, { value: hasInstance });
  }

  /** @throws {TypeError} if there is no such code: from JavaScript, nothing else would tell. */
  constructor(code: KvErrorCode, message: string, options?: Cause) {
    if (!Object.hasOwn(ERROR_STATUS, code)) throw new TypeError(`There is no error code '${code}'`);
    super(message, options);
    this.code = code;
  }

  /** The HTTP status that stands for the code on the wire. */
  get status(): number {
    return ERROR_STATUS[this.code];
  }

  /** The error of a command that makes no sense, in the words of the reference implementation. */
  static invalidCommand(reason: string, options?: Cause): KvError {
    return new KvError('INVALID_COMMAND', `Command is invalid: \`${reason}\``, options);
  }

  /**
   * Makes a KvError of whatever was thrown. What is none already becomes an `INTERNAL` one whose
   * message tells nothing; the original is its `cause`.
   */
  static from(thrown: unknown): KvError {
    if (thrown instanceof KvError) return thrown;
    return new KvError('INTERNAL', 'Internal error', { cause: thrown });
  }

  /**
   * The error that a status other than 2xx stands for. A status that this version does not know
   * becomes its class's general code.
   */
  static fromStatus(status: number, message: string): KvError {
    const general = status >= 400 && status < 500 ? 'INVALID_COMMAND' : 'INTERNAL';
    return new KvError(CODE_OF_STATUS.get(status) ?? general, message);
  }
}

/** What `instanceof` asks of {@link KvError}, and of classes derived from it. */
function hasInstance(this: unknown, value: unknown): boolean {
  // A derived class has none but its own instances.
  if (this !== KvError) return Function.prototype[Symbol.hasInstance].call(this, value);
  return typeof value === 'object' && value !== null && BRAND in value;
}
