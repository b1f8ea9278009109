/*
 * Brings a builder back from the archive that was made before it was forgotten: first its row, then a transaction's
 * worth of history in each step, in the order of the archive, last what buildsets of others say of its builds. What is
 * there already is left: interrupted anywhere, the same command goes on.
 */
import { openArchive, readMember, verifyArchive } from '../archive/archive-file.js';
import type { Archive, Member } from '../archive/archive-file.js';
import { count, list, printable } from '../model/names.js';
import type { RowSet } from '../model/rows.js';
import { nameHash } from '../db/builders.js';
import type { Database, Transaction } from '../db/connect.js';
import { loadContent, loadedTables } from '../db/load-history.js';
import { findBuilder, identityOf, placeOf, restoreBuilder as restoreRow, restoreLinks } from '../db/restore-builder.js';
import type { FoundBuilder, Target } from '../db/restore-builder.js';
import { Failure } from '../errors.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';

export interface RestoreBuilderInput {
  readonly file: string;
  /** Its new name; `null`: the one that it had. */
  readonly as: string | null;
}

export interface RestoreBuilderStep extends Step {
  readonly kind: 'restore builder' | 'restore history';
  readonly file: string;
  readonly target: Target;
  /** Where in the file; of the builder itself the header and the trailer. */
  readonly member: Member | null;
}

export interface RestoreWorld {
  readonly archive: Archive;
  readonly target: Target;
  readonly found: FoundBuilder | null;
  /** All of it is there. */
  readonly isDone: boolean;
  /** Numbers of the builds that are there, and that the archive does not have as they are. */
  readonly strangers: readonly number[];
}

export function restoreBuilder(input: RestoreBuilderInput): Operation<RestoreWorld, RestoreBuilderStep> {
  return {
    name: 'builders restore',
    ...restoreSteps,
    read: (database) => readWorld(database, input),
    plan: planRestore,
    prepare: {
      title: `Read ${input.file} to its end`,
      run: async (_database, _plan, { progress }) => verifyArchive(await openArchive(input.file), progress),
    },
  };
}

const archives = new Map<string, Promise<Archive>>();

/** A file is opened once: it does not change. */
function archiveAt(file: string): Promise<Archive> {
  const opened = archives.get(file) ?? openArchive(file);
  archives.set(file, opened);
  return opened;
}

/** What needs no input: steps in the journal are continued by it. */
export const restoreSteps = {
  tables: ['builders', 'builder_masters', 'builders_tags', 'tags', 'masters', 'workers', ...loadedTables],
  describe: ({ kind, file, target }: RestoreBuilderStep): string =>
    kind === 'restore builder'
      ? `make builder ${printable(target.name)}, with its tags`
      : `load history of ${printable(target.name)} from ${file}`,
  work: carryOut,
};

async function carryOut(tx: Transaction, { file, target, member }: RestoreBuilderStep): Promise<RowSet[]> {
  const archive = await archiveAt(file);
  const archived = { ...archive.header, ...archive.trailer };
  if (member === null) return restoreRow(tx, archived, target);
  return missingOf(tx, archive, target, member);
}

/** Members are loaded in their order: where the last with builds or requests is there, those before it are. */
async function isLoaded(tx: Transaction, archive: Archive, target: Target, found: FoundBuilder): Promise<boolean> {
  const { members, counts } = archive.trailer;
  if (found.builds !== (counts['builds'] ?? 0) || found.requests !== (counts['buildrequests'] ?? 0)) return false;
  for (const member of [...members].reverse()) {
    if ((await missingOf(tx, archive, target, member, true)).length > 0) return false;
    const content = await readMember(archive.file, member);
    if (content['builds'] ?? content['buildrequests']) return true;
  }
  return true;
}

async function missingOf(tx: Transaction, archive: Archive, target: Target, member: Member, isLook = false): Promise<RowSet[]> {
  const { links, ...content } = await readMember(archive.file, member);
  const place = await placeOf(tx, { ...archive.header, ...archive.trailer }, target);
  return [...(await loadContent(tx, place, content, { isLook })), ...(await restoreLinks(tx, place, links ?? []))];
} // prettier-ignore

async function readWorld(database: Database, { file, as }: RestoreBuilderInput): Promise<RestoreWorld> {
  const archive = await archiveAt(file);
  const name = as ?? String(archive.header.builder['name']);
  const target = { name, nameHash: nameHash(name) };
  return database.read(async (tx) => {
    verifyColumns(tx, archive);
    const found = await findBuilder(tx, target);
    return {
      archive,
      target,
      found,
      isDone: found !== null && (await isLoaded(tx, archive, target, found)),
      strangers: found === null ? [] : await strangersOf(archive, found),
    };
  });
}

/** An archive of a newer Buildbot has columns that there is no place for. */
function verifyColumns(tx: Transaction, { file, header, trailer }: Archive): void {
  const unknown = Object.entries({ ...trailer.columns, builders: Object.keys(header.builder) })
    .filter(([table]) => table !== 'links')
    .flatMap(([table, columns]) => columns.filter((column) => !tx.schema.has(table, column)).map((column) => `${table}.${column}`)); // prettier-ignore
  if (unknown.length === 0) return;
  throw new Failure('schema', `${file} is of a database with the schema revision ${header.revision}; this one (${tx.schema.revision}) has no ${list(unknown, 5)}.`, {
    try: 'Nothing was done. Upgrade this database with "buildbot upgrade-master" first.',
  }); // prettier-ignore
}

/** Builds at either end that are not the archive's: somebody has built there since. */
async function strangersOf({ file, trailer }: Archive, found: FoundBuilder): Promise<number[]> {
  if (found.ends.length === 0) return [];
  const known = new Map<number, string>();
  for (const member of trailer.members) {
    const { builds = [], build_properties = [] } = await readMember(file, member);
    const numbers = new Set(found.ends.map(({ number }) => number));
    for (const build of builds.filter((row) => numbers.has(Number(row['number'])))) {
      const { number, identity } = identityOf(build, build_properties);
      // Where a member tells of a build again it does so without its properties.
      if (!known.has(number)) known.set(number, identity);
    }
    if (known.size === numbers.size) break;
  }
  return found.ends.filter(({ number, identity }) => known.get(number) !== identity).map(({ number }) => number);
}

export function planRestore(world: RestoreWorld): Plan<RestoreBuilderStep> {
  const { archive, target, isDone } = world;
  const { file, header, trailer } = archive;
  const name = printable(target.name);
  const common = { file, target, subject: `builder ${target.name}` };
  const { builds = 0, steps = 0, buildrequests = 0 } = trailer.counts;
  const group = `load ${count(builds, 'build')}, ${count(steps, 'step')} and ${count(buildrequests, 'request')} of ${name} from ${file}`;
  const all: RestoreBuilderStep[] = [
    { kind: 'restore builder', ...common, member: null },
    ...trailer.members.map((member) => ({ kind: 'restore history' as const, group, ...common, member })),
  ];
  return {
    title: `Restore builder ${name} from ${file}`,
    steps: isDone ? [] : all,
    notes: [
      `It was archived on ${printable(header.madeAt)}, from ${printable(header.database)}.`,
      ...(isDone ? [`All of it is there already, as builder ${name}.`] : []),
    ],
    warnings: [],
    blockers: strangerBlockers(world),
    secondLook: null,
    isFinal: true,
  };
}

function strangerBlockers({ target, found, strangers }: RestoreWorld): Blocker[] {
  if (found === null || strangers.length === 0) return [];
  const name = printable(target.name);
  return [
    {
      message: `There is a builder ${name} with builds that the archive does not have: ${list(strangers)}.`,
      try: 'Give it another name with --as NAME; "bbctl builders merge" can join the two.',
      override: null,
    },
  ];
}
