import { groupBy } from '../../model/group-by.js';
import { idAlias, idsOf } from './parts.js';
import type { Raw, ReadPart } from './resource.js';

/** The masters to which a worker is connected; of the one that the path names, that alone. */
export const connectedTo: ReadPart = async (tx, rows, { scope }) => {
  const query = tx.sql('connected_workers').select<Raw[]>('workerid', 'masterid').orderBy('masterid');
  if (scope['masters'] !== undefined) void query.where('masterid', scope['masters']);
  const found = groupBy(await tx.dialect.among(query, 'workerid', idsOf(rows)), (row) => Number(row['workerid']));
  return (row) => (found.get(Number(row[idAlias])) ?? []).map(({ masterid }) => ({ masterid }));
};

/** The builders, on the masters, for which a worker is configured; of those that the path names, these alone. */
export const configuredOn: ReadPart = async (tx, rows, { scope }) => {
  const query = tx
    .sql('configured_workers')
    .join('builder_masters', 'builder_masters.id', 'configured_workers.buildermasterid')
    .select<Raw[]>('configured_workers.workerid', 'builder_masters.masterid', 'builder_masters.builderid')
    .orderBy(['builder_masters.masterid', 'builder_masters.builderid']);
  if (scope['masters'] !== undefined) void query.where('builder_masters.masterid', scope['masters']);
  if (scope['builders'] !== undefined) void query.where('builder_masters.builderid', scope['builders']);
  const read = tx.dialect.among(query, 'configured_workers.workerid', idsOf(rows));
  const found = groupBy(await read, (row) => Number(row['workerid']));
  return (row) => (found.get(Number(row[idAlias])) ?? []).map(({ masterid, builderid }) => ({ masterid, builderid }));
};
