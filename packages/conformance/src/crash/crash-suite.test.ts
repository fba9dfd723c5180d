import { crashWorker } from '../testing/crash-worker-url.js';
import { crashSuite } from './crash-suite.js';

crashSuite({ name: 'JsonLinesStorage', worker: crashWorker(), prefix: true });
