import type { Entry, EntryState, JournaledStep } from '../../journal.js';
import { count, list, printable } from '../../model/names.js';
import { countRows, keysOf } from '../../model/rows.js';
import type { RowSet } from '../../model/rows.js';
import type { Step } from '../../operation.js';
import type { Column } from '../list.js';
import { wrapped } from '../prose.js';
import { colour } from '../terminal.js';
import { renderFields } from './masters.js';

/** A change as `bbctl journal --json` prints it. */
export interface JournalRow {
  readonly id: number;
  readonly operation: string;
  readonly title: string;
  readonly state: EntryState;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly by: string;
  readonly reason: string | null;
  readonly database: string;
  readonly undoes: number | null;
  readonly undoneBy: number | null;
  readonly completes: number | null;
  readonly completedBy: number | null;
}

export function journalRow(entry: Entry): JournalRow {
  const {
    id,
    operation,
    title,
    state,
    startedAt,
    finishedAt,
    by,
    reason,
    database,
    undoes,
    undoneBy,
    completes,
    completedBy,
  } = entry;
  return {
    id,
    operation,
    title,
    state,
    startedAt,
    finishedAt,
    by,
    reason,
    database,
    undoes,
    undoneBy,
    completes,
    completedBy,
  };
}

export const journalColumns: readonly Column<JournalRow>[] = [
  { name: 'id', align: 'right' },
  {
    name: 'state',
    colour: (word) => (word.startsWith('open') || word.startsWith('failed') ? colour.yellow(word) : word),
  },
  { name: 'startedAt', header: 'WHEN (UTC)', format: (text: string) => text.slice(0, 19).replace('T', ' ') },
  { name: 'by' },
  { name: 'title' },
  { name: 'reason' },
  { name: 'operation', hidden: true },
  { name: 'database', hidden: true },
  { name: 'finishedAt', hidden: true },
  { name: 'undoes', hidden: true },
  { name: 'undoneBy', hidden: true },
  { name: 'completes', hidden: true },
  { name: 'completedBy', hidden: true },
];

const stateWords: Record<EntryState, string> = {
  open: 'open: bbctl ended in the middle of it, or is at it now',
  done: 'done',
  failed: 'failed: not all of it was done',
  undone: 'undone',
};

export function renderEntry(entry: Entry, describe: (step: Step) => string): string {
  const fields: [string, string][] = [
    ['State', stateWords[entry.state]],
    ['When', `${entry.startedAt}${entry.finishedAt ? ` to ${entry.finishedAt}` : ''}`],
    ['By', printable(entry.by)],
    ['Why', entry.reason === null ? '-' : printable(entry.reason)],
    ['Database', printable(entry.database)],
    ...links(entry),
  ];
  const steps = entry.plan.steps.flatMap((step, index) =>
    stepLines(
      describe(step),
      entry.steps.filter((one) => one.step === index),
    ),
  );
  const hint =
    entry.state === 'open' || entry.state === 'failed'
      ? [
          `\n${wrapped(`Finish it with "bbctl journal complete ${entry.id}", or take it back with "bbctl undo ${entry.id}".`, 2)}`,
        ]
      : [];
  return [renderFields(`${entry.id}: ${printable(entry.title)}`, fields), ...steps, ...hint].join('\n');
}

function links({ undoes, undoneBy, completes, completedBy }: Entry): [string, string][] {
  const all: [string, number | null][] = [['Undoes', undoes], ['Undone by', undoneBy], ['Completes', completes], ['Completed by', completedBy]]; // prettier-ignore
  return all.filter(([, id]) => id !== null).map(([word, id]) => [word, String(id)]);
}

const outcomes: Record<JournaledStep['state'], string> = {
  committed: 'written',
  'rolled back': 'taken back by the database, nothing of it stayed',
  unknown: 'written or not: bbctl ended before it knew',
};

function stepLines(title: string, tries: readonly JournaledStep[]): string[] {
  const last = tries.at(-1);
  const outcome =
    last === undefined ? 'not begun' : countRows(last.sets) === 0 ? 'nothing to write' : outcomes[last.state];
  return [wrapped(`  ${title} (${outcome})`), ...(last?.sets ?? []).map((set) => wrapped(`      ${setLine(set)}`, 8))];
}

function setLine(set: RowSet): string {
  return printable(`${set.table}${setText(set)}`);
}

function setText(set: RowSet): string {
  const keys = list(keysOf(set), 5);
  const few = <T>(items: readonly T[]): string => (items.length <= 3 ? items.map((item) => JSON.stringify(item)).join(' ') : keys); // prettier-ignore
  switch (set.kind) {
    case 'update':
      return ` ${keys}: ${JSON.stringify(set.before)} → ${JSON.stringify(set.after)}`;
    case 'replace':
      return `: changed ${count(set.rows.length, 'row')}: ${few(set.rows)}`;
    case 'purge':
      return `: deleted ${count(set.keys.length, 'row')} with all that hung on them: ${keys}`;
    case 'load':
      return `: restored ${count(set.keys.length, 'row')}: ${keys}`;
    default:
      return `: ${set.kind === 'delete' ? 'deleted' : 'added'} ${count(set.rows.length, 'row')}: ${few(set.rows)}`;
  }
}
