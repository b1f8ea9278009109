import type { LogBook } from './log-book.js';
import type { UpgradePorts, UpgradeRequest } from './ports.js';
import type { Watch } from './watch.js';

/** What each stage of an upgrade stands on. */
export interface UpgradeGround {
  readonly request: Pick<UpgradeRequest, 'deadlineMs' | 'onDeadline' | 'signal'>;
  readonly ports: UpgradePorts;
  readonly book: LogBook;
  readonly watch: Watch;
}
