import { bySeverity } from '../finding.js';
import type { Finding } from '../finding.js';
import type { Inventory } from '../inventory.js';
import { buildAbandoned, leftOpen } from './builds.js';
import type { Check, Limit, Subject } from './check.js';
import {
  chunksWithoutLog,
  danglingRows,
  databaseLarge,
  indexMissing,
  schemaDrift,
  schemaUnknown,
  withoutTransactions,
} from './database.js';
import { builderOrphaned, workerOrphaned } from './leftovers.js';
import { inventoryMissing } from './missing.js';
import {
  changedHostName, clockSkew, masterDead, masterLate, masterSilent, masterStarting, masterUnclean, masterZombie, noMasterAlive,
  sharedDirectory,
} from './masters.js'; // prettier-ignore
import { configurationsDiffer, pinGone } from './own-masters.js';
import {
  buildsetUnfinished,
  queueLong,
  requestStuck,
  requestUnbuilt,
  requestUnservable,
  requestWaiting,
} from './requests.js';
import { serviceIdle, serviceMisplaced, serviceStuck, serviceUnclaimed } from './services.js';
import { versionsDiffer } from './versions.js';
import { workerGhost, workerPaused, workerTwice } from './workers.js';

/** Every check, in the order in which findings of one severity are told. docs/checks.md is made from it. */
export const checks: readonly Check[] = [
  noMasterAlive,
  masterDead,
  masterUnclean,
  masterZombie,
  changedHostName,
  masterSilent,
  masterLate,
  masterStarting,
  clockSkew,
  sharedDirectory,
  versionsDiffer,
  configurationsDiffer,
  serviceStuck,
  serviceUnclaimed,
  serviceIdle,
  serviceMisplaced,
  pinGone,
  requestStuck,
  requestUnbuilt,
  requestUnservable,
  requestWaiting,
  queueLong,
  buildsetUnfinished,
  buildAbandoned,
  leftOpen,
  workerGhost,
  workerTwice,
  workerPaused,
  builderOrphaned,
  workerOrphaned,
  inventoryMissing,
  schemaUnknown,
  schemaDrift,
  withoutTransactions,
  danglingRows,
  chunksWithoutLog,
  indexMissing,
  databaseLarge,
];

export interface FindOptions {
  /** Checks to run; all where it is not given. */
  readonly checks?: readonly Check[];
  readonly limits?: ReadonlyMap<string, Limit>;
}

export function findAll(subject: Subject, options: FindOptions = {}): Finding[] {
  const found = (options.checks ?? checks).flatMap((check) => {
    const limit = options.limits?.get(check.id) ?? check.threshold ?? { warning: null, critical: null };
    return check
      .find(subject, limit)
      .map((one): Finding => ({ severity: check.severity, fix: [], mend: null, ...one, id: check.id }));
  });
  return bySeverity(found);
}

/**
 * What `status` tells at a glance: what is broken, from the snapshot alone. Thresholds, and what a check of a master
 * says already, are for `doctor` and `health`.
 */
const atAGlance: readonly Check[] = [
  noMasterAlive,
  masterDead,
  masterUnclean,
  masterZombie,
  masterSilent,
  masterLate,
  masterStarting,
  clockSkew,
  serviceStuck,
  serviceUnclaimed,
  requestStuck,
  requestUnservable,
  buildAbandoned,
  builderOrphaned,
  workerOrphaned,
  inventoryMissing,
  schemaUnknown,
  withoutTransactions,
];

export function findAtAGlance(cluster: Subject['cluster'], inventory: Inventory | null = null): Finding[] {
  return findAll({ cluster, details: null, inventory }, { checks: atAGlance });
}
