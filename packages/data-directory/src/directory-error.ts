import { KvError } from '@kv/protocol';

/** What is the matter with a directory and what to do, by the operating system's code. */
const ADVICE: Readonly<Record<string, string>> = {
  EEXIST: 'a file is in its place; give the path of a directory, or move the file away',
  ENOTDIR: 'a part of the path is a file; give the path of a directory',
  ENOENT: 'there is no such directory; check the path',
  EACCES: 'the permission is lacking; give it to the user that runs this process, or another path',
  EPERM: 'the permission is lacking; give it to the user that runs this process, or another path',
  EROFS: 'the file system is read-only; mount it writable, or give another path',
  ENOSPC: 'the disk is full; make room on it',
  EDQUOT: 'the quota of the disk is used up; make room, or raise it',
  ENOLCK: 'the file system has no locks; give a path on another one',
  EMFILE: 'the process has too many files open; raise the limit (ulimit -n)',
};

/** Makes an error that tells an operator what happened, to which directory, and what to do. */
export function failureOf(path: string, doing: string, cause: unknown): KvError {
  if (cause instanceof KvError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const advice = code === undefined ? undefined : ADVICE[code];
  const reason = advice === undefined ? message : `${advice} (${code})`;
  return new KvError(
    'STORAGE_FAILURE',
    `The data directory ${path} cannot be ${doing}: ${reason}`,
    {
      cause,
    },
  );
}
