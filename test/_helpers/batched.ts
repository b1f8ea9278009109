// Changes that come in batches, as the tests of a kill start them.
import { defaultExpireAfterSeconds } from '../../src/lib/model/master.js';
import { cancelRequests } from '../../src/lib/operations/cancel-requests.js';
import { forgetMaster } from '../../src/lib/operations/forget-master.js';
import { forgetWorkers } from '../../src/lib/operations/forget-workers.js';
import { completeInventory } from './leftovers.js';

const common = { expireAfter: defaultExpireAfterSeconds, inventory: completeInventory(), force: false };

export const batched = {
  'workers forget': () => forgetWorkers({ workers: ['local1'], ...common }),
  'masters forget': () => forgetMaster({ master: '1', reassignTo: '2', ...common }),
  'requests cancel': () => cancelRequests({ requests: [], unservable: false, builders: ['gone'], ...common }),
};

export type Batched = keyof typeof batched;
