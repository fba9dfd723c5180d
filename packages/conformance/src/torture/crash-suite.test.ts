import { crashSuite } from '../crash/crash-suite.js';
import { crashWorker } from '../testing/crash-worker-url.js';

/** That the suite has nothing to say against a storage that loses nothing. */
crashSuite({ name: 'JsonLinesStorage', worker: crashWorker(), prefix: true, rounds: 200 });
