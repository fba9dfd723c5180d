import { connect } from 'node:net';
import {
  ByteWriter,
  beginFrame,
  commandRequest,
  endFrame,
  frameFormat,
  straightLineCodec,
} from '@kv/protocol';
import { TABLE } from '../data.js';

// Watches the table of a server, in a process of its own, and throws away what it is told: what is measured is the
// server. Says so when the watch is in place.

const socket = connect(Number(process.argv[2]), '127.0.0.1');
const format = frameFormat();
const out = new ByteWriter();
const start = beginFrame(out, format);
const message = {
  ...{ table: TABLE, key: '', prefix: '' },
  ...{ maxMessages: 0, maxBytes: 0, overflow: 'drop-oldest' },
};
straightLineCodec.encodeRequest(commandRequest('watch', message), out);
endFrame(out, format, start);
socket.write(out.take());
socket.once('data', () => console.log('watching'));
socket.resume();
process.once('SIGTERM', () => socket.destroy());
