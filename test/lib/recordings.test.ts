import test from 'ava';
import type { Database } from '../../src/lib/db/connect.js';
import { listRequests } from '../../src/lib/db/request-lists.js';
import { readCluster } from '../../src/lib/db/snapshot.js';
import { isOrphanedBuilder } from '../../src/lib/model/builder.js';
import { masterName, stuckRequests, stuckServices, type Cluster } from '../../src/lib/model/cluster.js';
import { isOrphanedWorker } from '../../src/lib/model/worker.js';
import { engines } from '../_helpers/database.js';
import { failsWith, gateOn } from '../_helpers/gate.js';
import { databaseAt, insertRevision, looksOn, lookTitle } from '../_helpers/recordings.js';
import type { Expected } from '../fixtures-expected.js';

for (const engine of engines) {
  for (const look of looksOn(engine)) {
    test(`${engine}: ${lookTitle(look)} is read as the rows say`, async (t) => {
      const db = await databaseAt(t, engine, look);
      if (look.revision === null) await insertRevision(db, look.fixture);
      const { reading } = await gateOn(t, db);
      const cluster = await readCluster(reading, { deep: true });
      const openRequests = await openRequestsOf(reading);
      t.deepEqual({ ...judged(cluster), openRequests }, wanted(look));
      if (look.revision !== null) t.is(cluster.database.revision, look.revision);
      t.false(cluster.database.unknownRevision);
      t.is(cluster.database.withoutTransactions.length > 0, engine === 'myisam');
    });
  }

  for (const look of looksOn(engine).filter(({ revision }) => revision === null)) {
    test(`${engine}: ${look.fixture} without its revision is refused`, async (t) => {
      const db = await databaseAt(t, engine, look);
      await failsWith(t, gateOn(t, db), 'schema', /has 0 rows in \w+_version/);
    });
  }
}

async function openRequestsOf(database: Database): Promise<number[]> {
  return database.read(async (tx) => (await listRequests(tx, { pending: false, limit: 1000 })).map(({ id }) => id));
}

type Judged = Omit<Expected, 'fixture' | 'engine' | 'now' | 'revision' | 'openSteps' | 'openLogs' | 'expire'>;

function judged(cluster: Cluster): Omit<Judged, 'openRequests'> {
  const stuck = new Set(stuckServices(cluster));
  return {
    masters: cluster.masters.map(({ id, name, state }) => ({ id, name, state })),
    services: cluster.services.map((service) => ({
      kind: service.kind,
      name: service.name,
      holder: service.holderId === null ? null : masterName(cluster, service.holderId),
      stuck: stuck.has(service),
    })),
    orphanedBuilders: cluster.builders.filter(isOrphanedBuilder).map(({ name }) => name),
    orphanedWorkers: cluster.workers.filter(isOrphanedWorker).map(({ name }) => name),
    claimedOpenRequests: cluster.claimed.map(({ id, claim }) => ({
      id,
      holder: masterName(cluster, claim?.masterId ?? 0),
    })),
    stuckRequests: stuckRequests(cluster).map(({ id }) => id),
    openBuilds: cluster.builds.map(({ id }) => id),
    connectedWorkers: byWorker(
      cluster.workers.flatMap(({ name, connectedTo }) =>
        connectedTo.map((id) => ({ worker: name, master: masterName(cluster, id) })),
      ),
    ),
  };
}

function wanted(look: Expected): Judged {
  const { masters, services, orphanedBuilders, orphanedWorkers, openRequests } = look;
  const { claimedOpenRequests, stuckRequests: stuck, openBuilds, connectedWorkers } = look;
  return {
    masters,
    services,
    orphanedBuilders,
    orphanedWorkers,
    openRequests,
    claimedOpenRequests,
    stuckRequests: stuck,
    openBuilds,
    connectedWorkers: byWorker(connectedWorkers),
  };
}

function byWorker<T extends { worker: string }>(connections: readonly T[]): T[] {
  return [...connections].sort((a, b) => (a.worker < b.worker ? -1 : 1));
}
