/*
 * How masters wake each other. PostgreSQL tells whoever listens at the commit; elsewhere each topic is a row of
 * `object_state` that gets a new value, and everybody looks at those rows once a second, in one statement. Changes and
 * requests are looked for everywhere, because Buildbot's own masters add them and tell nobody.
 */
import { randomUUID } from 'node:crypto';
import type { Transaction } from './connect.js';
import { findOrAddObject, writeState } from './object-state.js';
import { clusterClass, clusterObject } from './published.js';

export const topics = ['changes', 'requests', 'services'] as const;
/** What masters tell each other to look at. */
export type Topic = (typeof topics)[number];

export const channel = 'bbctl';

/** In the transaction: whoever listens hears it when this is committed, and not before. */
export async function notify(tx: Transaction, announced: readonly Topic[]): Promise<void> {
  if (!tx.dialect.notifies) return;
  for (const topic of announced) await tx.sql.raw('select pg_notify(?, ?)', [channel, topic]);
}

/** After it: a row that everybody would write in their transactions would make them wait for each other. */
export async function mark(tx: Transaction, announced: readonly Topic[]): Promise<void> {
  if (tx.dialect.notifies || announced.length === 0) return;
  const objectId = await findOrAddObject(tx, clusterObject, clusterClass);
  for (const topic of announced) await writeState(tx, objectId, markKey(topic), randomUUID());
}

/** For who is no master: those of bbctl's own are told, if there have ever been any. */
export async function tellMasters(tx: Transaction, announced: readonly Topic[]): Promise<void> {
  await notify(tx, announced);
  const cluster = { name: clusterObject, class_name: clusterClass };
  if (await tx.sql('objects').where(cluster).first<object | undefined>('id')) await mark(tx, announced);
}

function markKey(topic: Topic): string {
  return `announced ${topic}`;
}

/** Topic → something that is another one after each announcement. */
export type Marks = ReadonlyMap<Topic, string>;

/** One statement, whatever it finds; none where nobody here watches what PostgreSQL does not tell: what Buildbot's add. */
export async function readMarks(tx: Transaction, watched: ReadonlySet<Topic> = new Set(topics)): Promise<Marks> {
  if (tx.dialect.notifies && !watched.has('changes') && !watched.has('requests')) return new Map();
  const requests = tx.sql('buildrequests').select(tx.sql.raw(`'requests' as topic`), tx.sql.raw('max(id) as mark'));
  const changes = tx.sql('changes').select(tx.sql.raw(`'changes' as topic`), tx.sql.raw('max(changeid) as mark'));
  if (tx.dialect.notifies) return marksOf(await changes.unionAll([requests] as never));
  const rows = await tx
    .sql('object_state')
    .join('objects', 'objects.id', 'object_state.objectid')
    .where({ 'objects.name': clusterObject, 'objects.class_name': clusterClass })
    .whereIn('object_state.name', topics.map(markKey))
    .select({ topic: 'object_state.name' }, { mark: 'object_state.value_json' })
    .unionAll([changes, requests] as never);
  return marksOf(rows as unknown[]);
}

function marksOf(rows: unknown): Marks {
  const marks = new Map<Topic, string>();
  for (const { topic, mark } of rows as { topic: string; mark: unknown }[]) {
    const name = topic.replace(/^announced /, '') as Topic;
    marks.set(name, `${marks.get(name) ?? ''} ${String(mark)}`);
  }
  return marks;
}
