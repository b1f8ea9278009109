import type { Blocker } from '../../operation.js';
import type { Scene } from './scene.js';

/** What is found out before anything is touched. */
export type Remark =
  { readonly kind: 'note' | 'warning'; readonly message: string } | ({ readonly kind: 'blocker' } & Blocker);

/** One concern. Each cause is told once. */
export type Rule = (scene: Scene) => readonly Remark[];

export function note(message: string): Remark {
  return { kind: 'note', message };
}

export function warning(message: string): Remark {
  return { kind: 'warning', message };
}

export function blocker(message: string, way: string, override: Blocker['override'] = null): Remark {
  return { kind: 'blocker', message, try: way, override };
}

export function blocking(blockers: readonly (Blocker | null)[]): Remark[] {
  return blockers.flatMap((one) => (one === null ? [] : [{ kind: 'blocker' as const, ...one }]));
}

/** How many names are told of a long list. */
export const few = 3;
