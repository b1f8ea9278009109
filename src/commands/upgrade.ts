import * as Flags from '@oclif/core/flags';
import { drainFlags } from '../lib/drain-command.js';
import { UpgradeCommand } from '../lib/upgrade-command.js';
import { wishOf } from '../lib/upgrade/wish.js';

const masters = { multiple: true as const, helpValue: 'MASTER' };

export default class Upgrade extends UpgradeCommand<typeof Upgrade> {
  static override summary = 'Start new masters, drain the old ones, and prove that the new ones have taken over.';
  static override description = `Masters are named whole, by id, or by their key in cluster.yaml, whose "control" says how each is started and asked to drain. First everything that speaks against it is listed, and nothing is touched. Then: the new ones are started, and waited for in the database; the old ones finish their builds and stop; every service that they held is held by a living master; and that is looked up in the database at the end.

Ctrl-C ends the watching alone: what drains goes on. --resume goes on with it, here or on another terminal; --abort goes back. Statuses: 0 done (or taken back), 4 stopped with a question, 7 the deadline has come, 8 not everything could be taken back, 9 lost contact with the database.`;
  static override examples = [
    '<%= config.bin %> upgrade --drain blue --start green --config cluster.yaml --dry-run',
    '<%= config.bin %> upgrade --drain blue --start green --deadline 2h --on-deadline stop',
    '<%= config.bin %> upgrade --drain blue1 blue2 --start green1 green2 --one-by-one',
    '<%= config.bin %> upgrade --resume',
    '<%= config.bin %> upgrade --abort',
  ];
  static override flags = {
    drain: Flags.string({ ...masters, description: 'the old masters' }),
    start: Flags.string({ ...masters, description: 'the new masters; none: others take over' }),
    'one-by-one': Flags.boolean({ description: 'a new one for an old one, then the next', default: false }),
    resume: Flags.boolean({ description: 'go on with the upgrade that was begun', default: false }),
    abort: Flags.boolean({ description: 'go back, as far as that is safe', default: false }),
    ...drainFlags,
    force: Flags.boolean({ description: 'also against what says so', helpGroup: 'CHANGE', default: false }),
  };

  async run(): Promise<void> {
    const { drain = [], start = [], resume, abort, force } = this.flags;
    const oneByOne = this.flags['one-by-one'];
    const onDeadline = this.flags['on-deadline'];
    const { deadlineMs } = this;
    return this.upgrade(wishOf({ drain, start, oneByOne, resume, abort, deadlineMs, onDeadline, force }));
  }
}
