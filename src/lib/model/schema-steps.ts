/* Which Buildbot writes which revision of the schema, and what comes between two of them. */

/** First revision → the versions that have it. Revisions up to 58 are sqlalchemy-migrate's, later ones alembic's. */
const versions: readonly [number, string][] = [
  [47, '0.9.0 to 0.9.10'],
  [51, '0.9.11 to 1.8'],
  [52, '2.0 to 2.9'],
  [58, '2.10 to 3.3'],
  [59, '3.4 to 3.8'],
  [60, '3.9'],
  [63, '3.10 to 3.11'],
  [65, '4.0 to 4.2'],
  [67, '4.3'],
];
export const oldestRevision = 47;
export const newestRevision = 67;

/** The oldest that masters of bbctl's own write. */
export const oldestRevisionOfOwn = 58;

/** The versions that write a revision. */
export function buildbotOf(revision: string): string {
  const number = Number(revision);
  return number <= newestRevision ? (versions.findLast(([from]) => from <= number)?.[1] ?? 'unknown') : 'newer than 4.3';
} // prettier-ignore

/** First version that wants a revision, and that revision: it starts on no other. */
const wanted: readonly (readonly [version: readonly [number, number, number], revision: number])[] = [
  [[0, 9, 0], 47],
  [[0, 9, 11], 51],
  [[2, 0, 0], 52],
  [[2, 10, 0], 58],
  [[3, 4, 0], 59],
  [[3, 9, 0], 62],
  [[3, 10, 0], 64],
  [[4, 0, 0], 66],
  [[4, 3, 0], 67],
];
const newestKnown = [4, 3] as const;

/** The revision that a Buildbot of this version starts on; `null`: it is newer than what is known, or no version. */
export function revisionOfVersion(version: string): number | null {
  const parts = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (!parts) return null;
  const [major, minor, patch] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)];
  if (isBefore([...newestKnown, Infinity], [major, minor, patch])) return null;
  return wanted.findLast(([from]) => !isBefore([major, minor, patch], from))?.[1] ?? null;
}

type Version = readonly [number, number, number];

function isBefore(one: Version, other: Version): boolean {
  const index = one.findIndex((number, at) => number !== other[at]);
  return index !== -1 && one[index]! < other[index]!;
}

/** As it stands in the database: `058` was never written with its zero. */
export function revisionText(revision: number): string {
  return revision < 59 ? String(revision) : String(revision).padStart(3, '0');
}

interface Milestone {
  /** Not there before the first, there from the last on. */
  readonly from: number;
  readonly to: number;
  readonly table: string;
  readonly column: string | null;
}

/** What came with which revisions. */
export const milestones: readonly Milestone[] = [
  milestone(48, 51, 'schedulers', 'enabled'),
  milestone(48, 51, 'workers', 'paused'),
  milestone(48, 51, 'workers', 'graceful'),
  milestone(53, 58, 'changes', 'committer'),
  milestone(53, 58, 'build_data'),
  milestone(53, 58, 'test_result_sets'),
  milestone(53, 58, 'test_results'),
  milestone(53, 58, 'test_names'),
  milestone(53, 58, 'test_code_paths'),
  milestone(59, 59, 'alembic_version'),
  milestone(60, 62, 'projects'),
  milestone(60, 62, 'builders', 'projectid'),
  milestone(60, 62, 'builders', 'description_format'),
  milestone(60, 62, 'builders', 'description_html'),
  milestone(63, 64, 'steps', 'locks_acquired_at'),
  milestone(63, 64, 'workers', 'pause_reason'),
  milestone(65, 66, 'buildsets', 'rebuilt_buildid'),
  milestone(65, 66, 'builds', 'locks_duration_s'),
  milestone(67, 67, 'codebases'),
  milestone(67, 67, 'codebase_commits'),
  milestone(67, 67, 'codebase_branches'),
];

function milestone(from: number, to: number, table: string, column: string | null = null): Milestone {
  return { from, to, table, column };
}

export function nameOfMilestone({ table, column }: Milestone): string {
  return column === null ? table : `${table}.${column}`;
}

/** What `buildbot upgrade-master` adds on the way from one revision to another. */
export interface SchemaSteps {
  readonly tables: readonly string[];
  /** `builders.projectid` */
  readonly columns: readonly string[];
}

export function schemaSteps(from: number, to: number): SchemaSteps {
  const between = milestones.filter((one) => one.to > from && one.from <= to);
  return {
    tables: between.filter(({ column }) => column === null).map(nameOfMilestone),
    columns: between.filter(({ column }) => column !== null).map(nameOfMilestone),
  };
}

/**
 * The revision with `builds.locks_duration_s`, which may not be NULL and has no default: a Buildbot that does not know
 * it cannot start a build any more, and tries for ever.
 */
const unsurvivable = 66;

/** Do masters that run on the one revision no longer work on the other? */
export function endsRunningMasters(from: number, to: number): boolean {
  return from < unsurvivable && to >= unsurvivable;
}
