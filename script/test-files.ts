import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A line of the notes that note-test-file.ts takes; `at` in ms. */
export interface Note {
  what: 'began' | 'ended';
  /** Process ids that the file leaves running at its end. */
  left?: readonly number[];
  file: string;
  pid: number;
  at: number;
}

export interface TestFile {
  /** As a person names it: `test/lib/db/lock.test.ts`. */
  readonly name: string;
  readonly pid: number;
  readonly began: number;
  /** In ms; undefined while it runs. */
  ended?: number;
  /** Processes that it left running. */
  left: readonly number[];
}

/** What is known of the test files of a run, by the notes that they leave. */
export class TestFiles {
  private readonly byPid = new Map<number, TestFile>();
  private linesRead = 0;
  private readonly notes: string;

  constructor(notes: string) {
    this.notes = notes;
  }

  /** Reads what is new; who was killed has left no note of its end. */
  refresh(now: number): void {
    const lines = readFileSync(this.notes, 'utf8').split('\n').slice(0, -1);
    for (const line of lines.slice(this.linesRead)) this.take(JSON.parse(line) as Note);
    this.linesRead = lines.length;
    for (const file of this.running()) if (!isAlive(file.pid)) file.ended = now;
  }

  all(): TestFile[] {
    return [...this.byPid.values()];
  }

  running(): TestFile[] {
    return this.all().filter(({ ended }) => ended === undefined);
  }

  /** Ended, but not all that they have started. */
  leaving(): TestFile[] {
    return this.all().filter(({ left }) => left.some(isAlive));
  }

  /** The longest first, with their seconds. */
  slowest(count: number): { name: string; seconds: number }[] {
    return this.all()
      .flatMap(({ name, began, ended }) => (ended === undefined ? [] : [{ name, seconds: (ended - began) / 1000 }]))
      .sort((one, other) => other.seconds - one.seconds)
      .slice(0, count);
  }

  private take({ what, file, pid, at, left = [] }: Note): void {
    const known = this.byPid.get(pid);
    if (what === 'began') this.byPid.set(pid, { name: sourceOf(file), pid, began: at, left });
    else if (known !== undefined) Object.assign(known, { ended: at, left });
  }
}

function sourceOf(url: string): string {
  return relative(process.cwd(), fileURLToPath(url)).replace(/^build\//, '').replace(/\.js$/, '.ts'); // prettier-ignore
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
