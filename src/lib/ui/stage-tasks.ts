import type { DefaultRenderer, Listr, ListrTaskWrapper, SimpleRenderer } from 'listr2';
import { TaskLine } from './task-line.js';
import type { End, ShownTask } from './task-line.js';
import { colour } from './terminal.js';

/** A stage as listr2 draws it: its title, the lines that are told during it, and a row for each of its masters. */
export class StageTasks {
  readonly head: TaskLine;
  readonly rows: ReadonlyMap<string, TaskLine>;
  private shown: ShownTask | undefined;
  private drawn: Promise<unknown> = Promise.resolve();

  /** `rows` are titles by the names of what is shown. */
  constructor(title: string, rows: ReadonlyMap<string, string>) {
    this.head = new TaskLine(title);
    this.rows = new Map([...rows].map(([name, row]) => [name, new TaskLine(row)]));
  }

  /** Returns when it is there; from then on the terminal is listr2's. */
  open(List: typeof Listr): Promise<void> {
    return new Promise((resolve) => {
      this.drawn = new List([this.task(resolve)], drawing).run();
    });
  }

  /** A line that stays. */
  tell(line: string): void {
    if (this.shown) this.shown.output = line;
  }

  /** Returns when the last frame is drawn, and the terminal is everybody's again. */
  async close(end: End, title: string): Promise<void> {
    for (const row of this.rows.values()) row.close(end === 'done' ? 'done' : 'left');
    this.head.close(end, title);
    // A task with rows ends with them, as if it had succeeded.
    if (end === 'left') this.shown?.skip(title);
    await this.drawn;
  }

  private task(begun: () => void) {
    const rows = [...this.rows.values()].map((row) => ({
      title: row.title,
      task: (_: unknown, task: ShownTask) => row.run(task),
      rendererOptions: { persistentOutput: true },
    }));
    return {
      title: this.head.title,
      task: (_: unknown, task: HeadTask) => {
        this.shown = task;
        begun();
        if (rows.length === 0) return this.head.run(task);
        this.head.show(task);
        return task.newListr([...rows, this.untilClosed()], { concurrent: true });
      },
      rendererOptions: { outputBar: Infinity, persistentOutput: true },
    };
  }

  /** Has no title, and so is not seen: a stage may have more to tell when its last row has ended. */
  private untilClosed() {
    return { task: () => this.head.end() };
  }
}

type HeadTask = ShownTask & Pick<ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>, 'newListr'>;

const drawing = {
  exitOnError: false,
  registerSignalListeners: false,
  rendererOptions: {
    collapseSubtasks: false,
    icon: { COMPLETED_WITH_FAILED_SUBTASKS: '✖', SKIPPED_WITH_COLLAPSE: '…' },
    color: { COMPLETED_WITH_FAILED_SUBTASKS: (text: string = '') => colour.red(text) },
  },
} as const;
