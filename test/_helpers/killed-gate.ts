// A program: `masters expire`, one of the changes that come in batches, or the undo or completion of a change, through
// the gate, which kills itself (SIGKILL) at one place.
import type { Knex } from 'knex';
import type { Database, Transaction } from '../../src/lib/db/connect.js';
import type { Operation, Step } from '../../src/lib/operation.js';
import { batched, type Batched } from './batched.js';
import {
  completion,
  expireDead,
  fixAll,
  mergeForced,
  repairAll,
  reversal,
  throughGate,
  type GateOptions,
} from './gate-hooks.js';
import { restoreBuilder } from '../../src/lib/operations/restore-builder.js';
import { forgetting } from './left-over-builders.js';

/** `step` counts from 0, `write` the statements that write within the step. */
export type Place =
  | { at: 'before step' | 'after journal' | 'before commit' | 'after commit'; step: number }
  | { at: 'before write'; step: number; write: number }
  /** Of all steps together. */
  | { at: 'before any write'; write: number }
  | { at: 'before close' };

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal is delivered before this returns; should it ever not be, nothing more may happen.
  for (;;);
}

const writes = ['insert', 'update', 'delete'] as const;
type Builder = Record<(typeof writes)[number], (...args: unknown[]) => unknown>;

/** The same statements; whoever writes calls `onWrite` first. */
function watched(sql: Knex, onWrite: () => void): Knex {
  return new Proxy(sql, {
    apply(target, self, args: unknown[]) {
      const builder = Reflect.apply(target as (...values: unknown[]) => unknown, self, args) as Builder;
      for (const write of writes) {
        const original = builder[write].bind(builder);
        builder[write] = (...values) => {
          onWrite();
          return original(...values);
        };
      }
      return builder;
    },
  });
}

/**
 * What is changed: `expire`, `doctor`, `health`, `merge OLD NEW`, `forget BUILDER FILE`, `restore FILE`, `undo 1`, `complete 1`, or the
 * name of a change in batches.
 */
type Work = (url: string, options: GateOptions) => Promise<unknown>;

function workOf(words: string): Work {
  const [verb, id = '', other = ''] = words.split(' ');
  return (url, options) => {
    if (verb === 'forget') return throughGate(url, forgetting(id, other), options);
    if (verb === 'restore') return throughGate(url, restoreBuilder({ file: id, as: null }), options);
    if (verb === 'expire') return throughGate(url, expireDead(), options);
    if (verb === 'doctor') return fixAll(url, options);
    if (verb === 'health') return repairAll(url, options);
    if (words in batched) return throughGate(url, batched[words as Batched]() as Operation<unknown, Step>, options);
    if (verb === 'merge') return throughGate(url, mergeForced(id, other), options);
    const number = Number(id);
    if (verb === 'undo') return throughGate(url, reversal(options.journal, number), { ...options, options: { undoes: number } }); // prettier-ignore
    return throughGate(url, completion(options.journal, number), { ...options, options: { completes: number } });
  };
}

async function main(url: string, journal: string, place: Place, work: Work): Promise<void> {
  const isHere = (at: Place['at'], step: number): boolean => place.at === at && 'step' in place && place.step === step;
  let step = 0;
  let count = 0;
  let all = 0;
  const onWrite = () => {
    if (place.at === 'before any write' && place.write === all++) die();
    if (isHere('before write', step) && 'write' in place && place.write === count) die();
    count++;
  };
  const wrap = (database: Database): Database =>
    new Proxy(database, {
      get(target, name) {
        if (name !== 'write') return Reflect.get(target, name, target) as unknown;
        return async <T>(tables: readonly string[], work: (tx: Transaction) => Promise<T>): Promise<T> => {
          const result = await target.write(tables, async (tx) => {
            const rows = await work({ ...tx, sql: watched(tx.sql, onWrite) });
            if (isHere('before commit', step)) die();
            return rows;
          });
          if (isHere('after commit', step)) die();
          return result;
        };
      },
    });
  await work(url, {
    journal,
    wrap,
    presenter: {
      runSteps: async (titles, run) => {
        const results = [];
        for (step = 0; step < titles.length; step++) {
          count = 0;
          if (isHere('before step', step)) die();
          results.push(await run(step));
        }
        if (place.at === 'before close') die();
        return results;
      },
    },
  });
}

const [url = '', journal = '', place = '', words = 'expire'] = process.argv.slice(2);
await main(url, journal, JSON.parse(place) as Place, workOf(words));
