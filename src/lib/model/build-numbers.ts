/*
 * The numbers of the builds of two builders that become one. In the order in which the database took them (by id: the
 * clocks of masters differ), each keeps its number if that is greater than the one before it, else it takes the next.
 * So numbers only grow. Written from the highest down, none is ever taken: whoever still has it is due to leave it, and
 * has been for longer.
 */

/** Of the builder that goes, or of the one that stays. */
export type Side = 'from' | 'into';

export interface NumberedBuild {
  readonly id: number;
  readonly number: number;
}

export interface StoredBuild extends NumberedBuild {
  readonly side: Side;
}

export interface RenumberedBuild extends StoredBuild {
  /** Its number in the builder that stays. */
  readonly to: number;
}

/** Builds of one builder with numbers that follow one another, before (`number` …) and after (`to` …). */
export interface Run {
  readonly side: Side;
  /** There is no other build of the two builders with an id between these. */
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
  readonly number: number;
  readonly to: number;
}

/** Every build of both, the highest number last. */
export function renumber(from: readonly NumberedBuild[], into: readonly NumberedBuild[]): RenumberedBuild[] {
  // There may be hundreds of thousands: each is made once.
  const all = [...from.map(unnumbered('from')), ...into.map(unnumbered('into'))];
  all.sort((one, other) => one.id - other.id);
  let top = Number.NEGATIVE_INFINITY;
  for (const build of all) build.to = top = Math.max(build.number, top + 1);
  return all;
}

type Unnumbered = { -readonly [Key in keyof RenumberedBuild]: RenumberedBuild[Key] };

function unnumbered(side: Side): (build: NumberedBuild) => Unnumbered {
  return ({ id, number }) => ({ id, number, side, to: number });
}

/** Does anything have to be written for it? */
export function isMoved({ side, number, to }: RenumberedBuild): boolean {
  return side === 'from' || number !== to;
}

/** Neighbours that move in the same way, in the given order. */
export function runsOf(builds: readonly RenumberedBuild[]): Run[] {
  const runs: Run[] = [];
  let open: Run | undefined;
  for (const build of builds) {
    open = open && follows(open, build) ? { ...open, lastId: build.id, count: open.count + 1 } : startOf(build);
    if (open.count > 1) runs.pop();
    runs.push(open);
  }
  return runs;
}

function follows(run: Run, { side, number, to }: RenumberedBuild): boolean {
  return side === run.side && number === run.number + run.count && to === run.to + run.count;
}

function startOf({ side, id, number, to }: RenumberedBuild): Run {
  return { side, firstId: id, lastId: id, count: 1, number, to };
}

/** What has to be written, the highest numbers first, in batches of so many builds. */
export function batchesOf(builds: readonly RenumberedBuild[], size: number): Run[][] {
  const moved = builds.filter(isMoved);
  const batches: Run[][] = [];
  for (let end = moved.length; end > 0; end -= size) batches.push(runsOf(moved.slice(Math.max(0, end - size), end)));
  return batches;
}

/**
 * What is still to be written of a run, where a part of it may be written already; `null` where the builds are not
 * those of the run any more. `stored`: all builds of the two builders that have a number that the run had or gives.
 */
export function leftOf(run: Run, stored: readonly StoredBuild[]): RenumberedBuild[] | null {
  const mine = stored
    .filter(({ id, side }) => side === run.side && id >= run.firstId && id <= run.lastId)
    .sort((one, other) => one.id - other.id);
  return run.side === 'from' ? leftOfFrom(run, mine) : leftOfInto(run, mine);
}

/** Those that were written are the other builder's now. */
function leftOfFrom({ number: first, count, to }: Run, mine: readonly StoredBuild[]): RenumberedBuild[] | null {
  if (mine.some(({ number }) => number < first || number >= first + count)) return null;
  return mine.map((build) => ({ ...build, to: build.number - first + to }));
}

/** They stay with their builder: only their places tell which were written. */
function leftOfInto({ number: first, count, to }: Run, mine: readonly StoredBuild[]): RenumberedBuild[] | null {
  if (mine.length !== count) return null;
  const isWritten = ({ number }: StoredBuild, place: number): boolean => number === to + place;
  if (mine.some((build, place) => build.number !== first + place && !isWritten(build, place))) return null;
  return mine.map((build, place) => ({ ...build, to: to + place })).filter(({ number, to: next }) => number !== next);
}

/** The order of writing within a batch: new numbers from the highest down, then those that only change the builder. */
export function inOrderOfWriting(builds: readonly RenumberedBuild[]): RenumberedBuild[] {
  const [kept, changed] = [builds.filter((build) => build.number === build.to), builds.filter((build) => build.number !== build.to)]; // prettier-ignore
  return [...changed.sort((one, other) => other.to - one.to), ...kept];
}
