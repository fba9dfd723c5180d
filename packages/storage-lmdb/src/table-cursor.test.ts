import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TableCursor } from './table-cursor.js';

const entries = { next: vi.fn(), return: vi.fn() };
const begin = vi.fn(() => entries);
const onClose = vi.fn();
let cursor: TableCursor;

beforeEach(() => {
  vi.resetAllMocks();
  begin.mockReturnValue(entries);
  entries.next.mockReturnValue({ value: { key: 'key', value: 'value' } });
  cursor = new TableCursor(begin, () => undefined, onClose);
});

describe('a cursor', () => {
  it('asks the driver for nothing before its first step, nor if there is none', () => {
    cursor.close();
    expect(cursor.next()).toBeUndefined();
    expect(begin).not.toHaveBeenCalled();
    expect(onClose).toHaveBeenCalledOnce();
  });

  it('has the driver let go of the snapshot when it is closed, once', () => {
    expect(cursor.next()).toEqual({ key: 'key', value: 'value', place: undefined });
    expect(entries.return).not.toHaveBeenCalled();
    cursor.close();
    cursor.close();
    expect(cursor.next()).toBeUndefined();
    expect(entries.next).toHaveBeenCalledOnce();
    expect(entries.return).toHaveBeenCalledOnce();
    expect(onClose).toHaveBeenCalledOnce();
  });

  it('closes itself at the end', () => {
    entries.next.mockReturnValue({ done: true, value: undefined });
    expect(cursor.next()).toBeUndefined();
    expect(onClose).toHaveBeenCalledOnce();
  });

  it('closes itself when it cannot be read', () => {
    const cause = new Error('MDB_CORRUPTED');
    entries.next.mockImplementation(() => {
      throw cause;
    });
    expect(() => cursor.next()).toThrow(
      expect.objectContaining({ code: 'STORAGE_FAILURE', cause }),
    );
    expect(entries.return).toHaveBeenCalledOnce();
    expect(onClose).toHaveBeenCalledOnce();
  });
});
