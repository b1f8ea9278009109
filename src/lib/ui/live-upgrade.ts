import { formatDuration } from '../model/duration.js';
import { count, printable } from '../model/names.js';
import type { UpgradeEvent, UpgradeReport } from '../upgrade/events.js';
import { wrapped } from './prose.js';
import { StageTasks } from './stage-tasks.js';
import type { End, TaskLine } from './task-line.js';
import { colour } from './terminal.js';
import { progressBlock } from './views/shut-down.js';
import { isFine, outcomeLine, renderUpgrade } from './views/upgrade.js';
import { stageTitle, unheldLine, upgradeEventLine } from './views/upgrade-events.js';
import type { StageEvent, ToldUpgradeEvent } from './views/upgrade-events.js';

export type LiveEvent = Exclude<UpgradeEvent, { event: 'plan' }>;

/** Draws an upgrade on a terminal, one event after the other, one stage after the other. */
export class LiveUpgrade {
  private stage: StageTasks | null = null;
  private title = '';
  private startedAtMs = 0;
  private moved = 0;
  private asked = new Map<string, number>();

  /** Of one event after the other. */
  async take(event: LiveEvent): Promise<void> {
    if (event.event === 'stage') await this.open(event);
    else if (event.event === 'report') await this.conclude(event.report);
    else if (event.event === 'progress')
      for (const left of event.masters) this.progress(left.name, progressBlock(left));
    else this.tell(event);
  }

  /** What has not ended by now is shown as it is. */
  async leave(): Promise<void> {
    await this.close('left');
  }

  private async open(event: StageEvent): Promise<void> {
    await this.close('done');
    this.title = stageTitle(event);
    this.startedAtMs = performance.now();
    this.moved = 0;
    const masters = event.stage === 'start' || event.stage === 'drain' ? event.masters : [];
    const { Listr } = await import('listr2');
    this.stage = new StageTasks(this.title, new Map(masters.map((name) => [name, printable(name)])));
    await this.stage.open(Listr);
  }

  private async close(end: End, why?: string): Promise<void> {
    const took = formatDuration((performance.now() - this.startedAtMs) / 1000);
    await this.stage?.close(end, why ?? this.titleWith(took));
    this.stage = null;
  }

  private titleWith(...more: readonly string[]): string {
    const told = [...(this.moved > 0 ? [`${count(this.moved, 'service')} moved`] : []), ...more];
    return told.length === 0 ? this.title : `${this.title} (${told.join(', ')})`;
  }

  private row(name: string): TaskLine | undefined {
    const row = this.stage?.rows.get(name);
    return row?.isOpen ? row : undefined;
  }

  private progress(name: string, [title = '', ...builds]: readonly string[]): void {
    const row = this.row(name);
    row?.say(title);
    row?.tell(builds.map((build) => build.trim()).join('\n'));
  }

  /** What moves is counted, and told at the end: there may be hundreds. */
  private tell(event: ToldUpgradeEvent): void {
    if (event.event === 'moved') this.moved += 1;
    const row = 'master' in event ? this.row(event.master) : undefined;
    if (this.stage && event.event === 'moved') this.stage.head.say(this.titleWith());
    else if (this.stage && event.event === 'unheld') this.stage.head.say(`${this.titleWith()}: ${unheldLine(event.services)}`);
    else if (row === undefined || !this.tellOf(row, event)) this.line(upgradeEventLine(event));
  } // prettier-ignore

  /** False: it is to be a line that stays. */
  private tellOf(row: TaskLine, event: ToldUpgradeEvent): boolean {
    const text = upgradeEventLine(event);
    if (event.event === 'arrived') row.close('done', text);
    else if (event.event === 'ended') this.ended(row, event, text);
    else if (event.event === 'arriving' || isSmooth(event)) row.say(text);
    else return false;
    if (isSmooth(event)) this.asked.set(event.master, performance.now());
    return true;
  }

  private ended(row: TaskLine, { master, ending }: Extract<UpgradeEvent, { event: 'ended' }>, text: string): void {
    const seconds = (performance.now() - (this.asked.get(master) ?? this.startedAtMs)) / 1000;
    if (ending === 'stopped') row.close('done', `${text.replace(/\.$/, '')}, after ${formatDuration(seconds)}.`);
    else row.close('failed', colour.red(text));
  }

  private line(text: string): void {
    if (this.stage) this.stage.tell(text);
    else process.stdout.write(`${wrapped(text)}\n`);
  }

  private async conclude(report: UpgradeReport): Promise<void> {
    for (const one of report.masters) {
      const row = this.row(one.name);
      if (isFine(one.outcome)) row?.close('done', outcomeLine(one));
      else if (one.outcome !== 'running') row?.close('failed', colour.red(outcomeLine(one)));
    }
    const isBlocked = report.status === 'blocked';
    const isDone = report.status === 'done' || report.status === 'aborted';
    if (isBlocked) await this.close('failed', colour.red(`${this.title}: ${printable(report.why ?? 'blocked')}`));
    else await this.close(isDone ? 'done' : 'left');
    process.stdout.write(renderUpgrade(report));
  }
}

/** It was told to do something, and nothing went wrong. */
function isSmooth(event: ToldUpgradeEvent): event is Extract<ToldUpgradeEvent, { event: 'asked' | 'started' }> {
  return (event.event === 'asked' || event.event === 'started') && event.error === null;
}
