/* What happens during an upgrade, in lines. */
import { formatDuration } from '../../model/duration.js';
import { count, list, printable } from '../../model/names.js';
import type { Span } from '../../model/handover.js';
import { kindNames } from '../../model/service.js';
import type { Stage, UpgradeEvent } from '../../upgrade/events.js';
import { colour } from '../terminal.js';
import { eventLine } from './shut-down.js';

export type StageEvent = Extract<UpgradeEvent, { event: 'stage' }>;

/** What is told by a line. */
export type ToldUpgradeEvent = Exclude<UpgradeEvent, { event: 'plan' | 'progress' | 'report' }>;

const stages: Record<Stage, (masters: string) => string> = {
  start: (masters) => `Start ${masters}`,
  drain: (masters) => `Drain ${masters}`,
  'hand over': (masters) => `Hand over what ${masters} held`,
  prove: () => 'Look in the database whether it is so',
};

/** `Wave 2 of 3: Drain host1:/srv/bb/blue` */
export function stageTitle({ stage, wave, waves, masters }: StageEvent): string {
  const title = stages[stage](list(masters.map(printable), 3) || 'nobody');
  return waves > 1 && stage !== 'prove' ? `Wave ${wave} of ${waves}: ${title}` : title;
}

const ways = { signal: 'by a signal', command: 'by its command', rest: 'over REST' };

/** A line for what has happened. */
export function upgradeEventLine(event: ToldUpgradeEvent): string {
  switch (event.event) {
    case 'stage':
      return `${stageTitle(event)}:`;
    case 'started':
      return startedLine(event);
    case 'arriving':
      return `${printable(event.master)} is waited for: ${sentence(event.waitsFor)}`;
    case 'arrived':
      return arrivedLine(event);
    case 'unheld':
      return unheldLine(event.services);
    case 'moved':
      return movedLine(event);
    case 'taken back':
      return takenBackLine(event);
    case 'not saved':
      return `${colour.yellow('Warning:')} what is known of the upgrade cannot be kept: ${sentence(event.message)} It goes on all the same.`;
    default:
      return eventLine(event);
  }
}

function startedLine({ master, way, error }: Extract<UpgradeEvent, { event: 'started' }>): string {
  const name = printable(master);
  if (error === null) return `${name} was started ${ways[way]}; the database will tell.`;
  return `${colour.yellow('Warning:')} what starts ${name} complains: ${sentence(error)} The database will tell.`;
}

export function arrivedLine({ master, seconds, builders }: Extract<UpgradeEvent, { event: 'arrived' }>): string {
  return `${printable(master)} is there after ${formatDuration(seconds)}, with ${count(builders, 'builder')}.`;
}

export function unheldLine(services: readonly string[]): string {
  if (services.length === 0) return 'Every service is held.';
  return `Nobody holds ${list(services.map(printable), 5)} yet.`;
}

function movedLine({ kind, service, from, to, unheld }: Extract<UpgradeEvent, { event: 'moved' }>): string {
  return `The ${kindNames[kind]} ${printable(service)} went from ${printable(from)} to ${printable(to)}, ${spanText(unheld)} without a holder.`; // prettier-ignore
}

function takenBackLine({ master, error }: Extract<UpgradeEvent, { event: 'taken back' }>): string {
  const name = printable(master);
  if (error === null) return `${name} takes part again: its drain was taken back.`;
  return `${colour.yellow('Not taken back:')} the drain of ${name}: ${sentence(error)}`;
}

/** `less than 1s`, `3s`, `0 to 2 s`, `58s to 1m 2s`: as far as looks from time to time can tell. */
export function spanText({ atLeast, atMost }: Span): string {
  if (atMost < 1) return 'less than 1s';
  const [least, most] = [Math.floor(atLeast), Math.ceil(atMost)];
  if (Math.round(atLeast) === Math.round(atMost)) return formatDuration(atMost);
  return most < 60 ? `${least} to ${most} s` : `${formatDuration(least)} to ${formatDuration(most)}`;
}

/** Of another's words, which may end with a full stop or not. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? printable(text) : `${printable(text)}.`;
}
