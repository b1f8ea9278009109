import { writtenTables } from '../db/tables.js';
import { defaultExpireAfterSeconds } from '../model/master.js';
import type { Operation, Step } from '../operation.js';
import { cancelRequests } from './cancel-requests.js';
import { enableServices } from './enable-services.js';
import { expireMasters } from './expire-masters.js';
import { finishBuilds } from './finish-builds.js';
import { forgetSteps } from './forget-builders.js';
import { forgetMaster } from './forget-master.js';
import { forgetServices } from './forget-services.js';
import { forgetWorkers } from './forget-workers.js';
import { mergeBuilders } from './merge-builders.js';
import type { MendStep } from './mend-findings.js';
import { moveServices, rebalanceServices } from './move-services.js';
import { pauseWorkers } from './pause-workers.js';
import { renameBuilderTo } from './rename-builder.js';
import { releaseRequests } from './release-requests.js';
import { releaseServices } from './release-services.js';
import { restoreSteps } from './restore-builder.js';
import { undoSteps } from './undo-change.js';

type StepsOf = Pick<Operation<unknown, Step>, 'name' | 'tables' | 'describe' | 'work'>;

const expireAfter = defaultExpireAfterSeconds;
const nothingElse = { expireAfter, inventory: null, force: false };

/** Steps in the journal are told and continued by the operation that planned them; its input does not matter then. */
const operations = [
  expireMasters({ masters: [], expireAfter, force: false }),
  releaseServices({ services: [], expireAfter }),
  releaseRequests({ requests: [], expireAfter }),
  cancelRequests({ requests: [], unservable: false, builders: [], ...nothingElse }),
  finishBuilds({ builds: [], expireAfter }),
  enableServices({ services: [], enabled: true }),
  enableServices({ services: [], enabled: false }),
  forgetWorkers({ workers: [], ...nothingElse }),
  pauseWorkers({ workers: [], paused: true, reason: null, ...nothingElse }),
  pauseWorkers({ workers: [], paused: false, reason: null, ...nothingElse }),
  forgetServices({ services: [], ...nothingElse }),
  moveServices({ services: [], to: '' }),
  rebalanceServices(),
  forgetMaster({ master: '', reassignTo: null, ...nothingElse }),
  renameBuilderTo({ builder: '', name: '', expireAfter, inventory: null, force: false }),
  mergeBuilders({ from: '', into: '', expireAfter, inventory: null, force: false }),
  { name: 'builders forget', ...forgetSteps },
  { name: 'builders restore', ...restoreSteps },
  { name: 'undo', ...undoSteps },
  mending('doctor'),
  mending('health --repair'),
] as unknown as StepsOf[];

/** Its steps are those of other operations. */
function mending(name: string): Pick<Operation<unknown[], MendStep>, 'name' | 'tables' | 'describe' | 'work'> {
  return {
    name,
    tables: writtenTables,
    describe: ({ operation, step }) => operationNamed(operation).describe(step),
    work: (tx, { operation, step }) => operationNamed(operation).work(tx, step),
  };
}

const unknownOperation: StepsOf = {
  name: 'unknown',
  tables: [],
  describe: (step) => `${step.kind} (${step.subject})`,
  work: () => Promise.reject(new Error('A step of an operation that this program does not know was to be written.')),
};

export function operationNamed(name: string): StepsOf {
  return operations.find((operation) => operation.name === name) ?? unknownOperation;
}
