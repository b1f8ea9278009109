/** What of listr2's tasks is used. */
export interface ShownTask {
  title: string;
  output: string;
  skip(message: string): void;
}

/** `left`: it goes on, but nobody watches it any more. */
export type End = 'done' | 'failed' | 'left';

/** A task of listr2 that is told from outside how it goes, and how it has ended. */
export class TaskLine {
  title: string;
  private output = '';
  private shown: ShownTask | undefined;
  private finish: (end: End) => void = () => {};
  private isClosed = false;
  private readonly ended: Promise<End>;

  constructor(title: string) {
    this.title = title;
    this.ended = new Promise((resolve) => void (this.finish = resolve));
  }

  get isOpen(): boolean {
    return !this.isClosed;
  }

  say(title: string): void {
    this.title = title;
    if (this.shown) this.shown.title = title;
  }

  /** Below the title. */
  tell(output: string): void {
    if (this.output === output) return;
    this.output = output;
    if (this.shown) this.shown.output = output;
  }

  /** What has ended has ended. */
  close(end: End, title = this.title): void {
    if (!this.isOpen) return;
    this.say(title);
    this.isClosed = true;
    if (end !== 'left') this.tell('');
    this.finish(end);
  }

  /** From when it is drawn. */
  show(task: ShownTask): void {
    this.shown = task;
    task.title = this.title;
    if (this.output !== '') task.output = this.output;
  }

  /** As listr2 runs it. */
  async run(task: ShownTask): Promise<void> {
    this.show(task);
    if ((await this.end()) === 'left') task.skip(this.title);
  }

  /** Throws its title where it has failed. */
  async end(): Promise<End> {
    const end = await this.ended;
    if (end === 'failed') throw new Error(this.title);
    return end;
  }
}
